//! Scripts that take too long or too much, and one that is cancelled from another thread.

use shape_embed::{CountingAllocator, Ending, Engine, Limits, Script};
use std::error::Error;
use std::thread;
use std::time::Duration;

/// Without it there could be no limit on memory.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

fn ending(script: &Script) -> String {
    match script.run() {
        Ok(outcome) => format!("came to its end: {}", outcome.value),
        Err(error) => match error.ending() {
            Ending::TimeLimit(limit) => format!("took longer than {limit:?}"),
            Ending::MemoryLimit { limit, .. } => format!("took more than {} MiB", limit >> 20),
            Ending::StackOverflow => "nested too deeply".to_owned(),
            _ => error.message().to_owned(),
        },
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let limits = Limits::none().time(Duration::from_secs(2)).memory(8 << 20);
    let engine = Engine::builder().limits(limits).build()?;
    for text in [
        "range(0, 1000).sum()",
        "let mut n = 0\nwhile true { n = (n + 1) % 7 }",
        "sleep(1h)",
        "let mut xs = []\nwhile true { xs.push(f\"{xs.len()}: something to keep\") }",
        "\"x\".repeat(1000000000)",
        "fn deeper(n) { 1 + deeper(n + 1) }\ndeeper(0)",
    ] {
        println!("{}", ending(&engine.compile("limits.shape", text)?));
    }

    // A run may have limits of its own, and be cancelled from any thread.
    let script = engine.compile("endless.shape", "sleep(1h)")?;
    let run = script.prepare().limits(Limits::none())?;
    let canceller = run.canceller();
    let other = thread::spawn(move || canceller.cancel());
    if let Err(error) = run.run() {
        println!("{}", error.message());
    }
    other.join().map_err(|_| "the other thread panicked")?;
    Ok(())
}
