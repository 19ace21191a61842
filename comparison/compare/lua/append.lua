local function program(n)
    local pieces = {}
    for i = 0, n - 1 do pieces[#pieces + 1] = "item" .. i .. "," end
    return #table.concat(pieces)
end
