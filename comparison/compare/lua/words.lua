local function program(n)
    local x, counts = 42, {}
    for i = 1, n do
        x = x * 16807 % 2147483647
        local word = "w" .. x % 5000
        counts[word] = (counts[word] or 0) + 1
    end
    local words, most = 0, 0
    for _, count in pairs(counts) do
        words = words + 1
        if count > most then most = count end
    end
    return words .. " " .. most
end
