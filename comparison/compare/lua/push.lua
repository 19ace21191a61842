local function program(n)
    local numbers = {}
    for i = 0, n - 1 do numbers[#numbers + 1] = i end
    local sum = 0
    for i = 1, #numbers do sum = sum + numbers[i] end
    return sum
end
