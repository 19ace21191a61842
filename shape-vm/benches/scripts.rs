//! How fast scripts run, without parsing and start-up: `cargo bench -p shape-vm --bench scripts`.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench"
)]

use shape_runtime::{Buffering, HostCx};
use shape_syntax::{Style, render};
use shape_vm::{Engine, Texts};

/// Name and text; the first six are those that the peers run too.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "i1_fib",
        "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
         print(fib(32))",
    ),
    (
        "i2_loop",
        "let mut s = 0
         for i in 0..50000000 { s = s + i }
         print(s)",
    ),
    (
        "i3_string",
        "let mut t = []
         for i in 0..1000000 { t.push(f\"item{i},\") }
         print(t.join(\"\").len())",
    ),
    (
        "i4_array",
        "let mut a = []
         for i in 0..5000000 { a.push(i) }
         let mut s = 0
         for i in 0..a.len() { s = s + a[i] }
         print(s)",
    ),
    (
        "i5_words",
        "let mut x = 42
         let mut c = HashMap()
         for i in 0..1000000 {
             x = x * 16807 % 2147483647
             let w = f\"w{x % 5000}\"
             c.set(w, (c.get(w) ?? 0) + 1)
         }
         let mut m = 0
         for v in c.values() { if v > m { m = v } }
         print(f\"{c.len()} {m}\")",
    ),
    (
        "i6_sort",
        "let mut x = 42
         let mut a = []
         for i in 0..1000000 {
             x = x * 16807 % 2147483647
             a.push(x)
         }
         a.sort()
         print(f\"{a[0]} {a[500000]} {a[999999]}\")",
    ),
    (
        "closures",
        "let xs = 0..1000000
         let mut a = []
         for x in xs { a.push(x) }
         print(a.map(|x| x * 2).filter(|x| x % 3 == 0).reduce(|s, x| s + x, 0))",
    ),
    (
        "records",
        "type P { x: number, y: number }
         let mut p = P { x: 0.0, y: 1.0 }
         for i in 0..5000000 { p.x = p.x + p.y * 0.5 }
         print(p.x)",
    ),
    (
        "nbody",
        "fn step(a, b, dt) {
             let dx = a.x - b.x
             let dy = a.y - b.y
             let d = (dx * dx + dy * dy + 0.01) ** -1.5
             { x: a.x + a.vx * dt, y: a.y + a.vy * dt, vx: a.vx - dx * d * dt, vy: a.vy - dy * d * dt }
         }
         let mut a = { x: 0.0, y: 0.0, vx: 0.0, vy: 1.0 }
         let mut b = { x: 1.0, y: 0.0, vx: 0.0, vy: -1.0 }
         for i in 0..500000 { let c = step(a, b, 0.001); b = step(b, a, 0.001); a = c }
         print(a.x)",
    ),
    (
        "enums",
        "enum S { A(int), B(int), C(int), D(int), E }
         fn f(s) { match s { S::A(n) => n, S::B(n) => n + 1, S::C(n) => n + 2, S::D(n) => n + 3, S::E => 4 } }
         let all = [S::A(1), S::B(2), S::C(3), S::D(4), S::E]
         let mut t = 0
         for i in 0..1000000 { for s in all { t += f(s) } }
         print(t)",
    ),
    (
        "sieve",
        "let n = 2000000
         let mut sieve = []
         for i in 0..n { sieve.push(true) }
         let mut i = 2
         while i * i < n {
             if sieve[i] { let mut j = i * i; while j < n { sieve[j] = false; j += i } }
             i += 1
         }
         let mut c = 0
         for i in 2..n { if sieve[i] { c += 1 } }
         print(c)",
    ),
];

fn main() {
    let only = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    let engine = Engine::new().unwrap();
    for (name, text) in SCRIPTS {
        if only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        let mut texts = Texts::new();
        let script = match engine.compile(name, text, &mut texts) {
            Ok(script) => script,
            Err(found) => {
                println!("{name}: {}", render(texts.map(), &found, Style::Plain));
                continue;
            }
        };
        if std::env::var_os("LIST").is_some() {
            println!("{}", script.code());
        }
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let mut cx = HostCx::new().with_stdout(Box::new(std::io::sink()), Buffering::Block);
            let start = cpu_time();
            let result = script.run(&mut cx);
            best = best.min(cpu_time() - start);
            if let Err(error) = result {
                println!("{name}: {error}");
            }
        }
        println!("{name:12} {:8.1} ms", best * 1e3);
    }
}

/// Seconds that this thread was on a processor: the machine has other work to do.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
