function empty(n) { for (let i = 0; i < n; i++) { } }
function unit(n) { const f = host_unit; for (let i = 0; i < n; i++) f(); }
function int(n) { const f = host_int; let x; for (let i = 0; i < n; i++) x = f(i); return x }
function length(n) { const f = host_length, s = hello; let x; for (let i = 0; i < n; i++) x = f(s); return x }
function text(n) { const f = host_text, s = hello; let x; for (let i = 0; i < n; i++) x = f(s); return x }
function lengths(n) { const f = host_lengths, a = texts; let x; for (let i = 0; i < n; i++) x = f(a); return x }
function handle(n) { const h = counter; let x; for (let i = 0; i < n; i++) x = h.tick(); return x }
function record(n) { const f = host_record; let x = 0; for (let i = 0; i < n; i++) x += f().status; return x }
