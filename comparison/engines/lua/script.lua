local host_unit, host_int, host_length, host_text = host_unit, host_int, host_length, host_text
local host_lengths, host_record, counter = host_lengths, host_record, counter
local hello, texts = hello, texts
function empty(n) for i = 1, n do end end
function unit(n) local f = host_unit for i = 1, n do f() end end
function int(n) local f = host_int local x for i = 1, n do x = f(i) end return x end
function length(n) local f, s = host_length, hello local x for i = 1, n do x = f(s) end return x end
function text(n) local f, s = host_text, hello local x for i = 1, n do x = f(s) end return x end
function lengths(n) local f, s = host_lengths, texts local x for i = 1, n do x = f(s) end return x end
function handle(n) local h = counter local x for i = 1, n do x = h:tick() end return x end
function record(n) local f = host_record local x = 0 for i = 1, n do x = x + f().status end return x end
