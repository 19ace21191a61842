//! Counts the lines that a program prints, without keeping them.
//!
//! `cargo run --release --example count_lines -- seq 5000000`

use shape_policy::{Policy, ProcessGrant};
use shape_process::{CancelToken, Run, Spec, Stream};
use std::error::Error;
use std::io::Write as _;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let program = args
        .next()
        .ok_or("usage: count_lines PROGRAM [ARGUMENT...]")?;
    let policy = Policy::new(ProcessGrant::all());
    let run = Run::new(CancelToken::new()?)?;
    let mut process = run.spawn(policy.approve(Spec::new(program).args(args))?)?;
    process.close_stdin();
    let mut count = 0_u64;
    while !process.next_line(Stream::Stdout)?.is_empty() {
        count += 1;
    }
    let status = process.wait()?;
    writeln!(std::io::stdout(), "{count} lines, {status}")?;
    Ok(())
}
