//! Compiles a script once, runs it, and takes its value.

use shape_embed::{Engine, Stdio};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // Scripts of this engine may compute and print, and nothing else.
    let engine = Engine::builder().stdout(Stdio::capture()).build()?;

    let script = engine.compile(
        "hello.shape",
        r#"
let names = args()
for name in names { print(f"Hello, {name}!") }
names.len()
"#,
    )?;
    let outcome = script.prepare().args(["Ada", "Grace"]).run()?;
    print!("{}", outcome.stdout);
    println!("greeted {} people", outcome.get::<i64>()?);

    // What is wrong with a script is said before it runs, with the place.
    if let Err(error) = engine.compile("typo.shape", "let total = 1\nprint(totl)") {
        println!("{error}");
    }
    // So is what goes wrong while it runs.
    let script = engine.compile("index.shape", "let xs = [1, 2]\nxs[7] + 1")?;
    if let Err(error) = script.run() {
        println!("{error}");
    }
    Ok(())
}
