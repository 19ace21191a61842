local function program(n)
    local x, numbers = 42, {}
    for i = 1, n do
        x = x * 16807 % 2147483647
        numbers[i] = x
    end
    table.sort(numbers)
    return numbers[1] .. " " .. numbers[n // 2 + 1] .. " " .. numbers[n]
end
