//! Runs commands, four at a time, and says of each how it ended as soon as it has.
//!
//! `cargo run --example at_once -- 'sleep 2' 'sleep 1; exit 3' 'echo done'`

use shape_policy::{Policy, ProcessGrant};
use shape_process::{CancelToken, Run, Spec};
use std::io::Write as _;
use std::ops::ControlFlow;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let commands: Vec<String> = std::env::args().skip(1).collect();
    let policy = Policy::new(ProcessGrant::all());
    let run = Run::new(CancelToken::new()?)?;
    let shell = |command: &String| policy.approve(Spec::new("sh").arg("-c").arg(command));
    let approved: Result<Vec<_>, _> = commands.iter().map(shell).collect();
    let mut out = std::io::stdout().lock();
    let told = run.exec_each(approved?, 4, |index, result| {
        let command = &commands[index];
        let written = match result {
            Ok(output) => writeln!(out, "{command}: exit code {}", output.status),
            Err(error) => writeln!(out, "{command}: {error}"),
        };
        // If nobody reads what is told, nothing more is run.
        written.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    });
    match told {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error.into()),
    }
}
