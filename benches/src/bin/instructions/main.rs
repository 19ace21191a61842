//! Counts the instructions that a call of a host function and a turn of a program take, and compares them with
//! those in `benches/instructions.txt`. Instructions repeat where times do not.
//!
//! `just instructions` compares, `just instructions --update` writes the table anew. It needs valgrind(1).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool")]

mod callgrind;
mod cases;
mod table;

use cases::Case;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Table;

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        [] => compare(),
        ["--update"] => update(),
        [callgrind::COUNT] => cases::all().and_then(|cases| cases.iter().try_for_each(Case::run)),
        _ => Err("usage: instructions [--update]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// The instructions of one turn of each case, by name. What a loop takes without its call is not part of
/// the call.
fn measured() -> Result<BTreeMap<String, f64>, Failure> {
    let cases = cases::all()?;
    let counts = callgrind::count(cases.len() * 3)?;
    let each = cases.iter().zip(counts.as_chunks().0);
    let mut turns: BTreeMap<String, f64> = each
        .map(|(case, counts)| (case.name.clone(), case.per_turn(*counts)))
        .collect();
    let empty = turns.remove(cases::EMPTY).ok_or("there is no empty loop")?;
    for (name, count) in &mut turns {
        if name.starts_with("call ") {
            *count -= empty;
        }
    }
    Ok(turns)
}

fn compare() -> Result<(), Failure> {
    if !cfg!(target_arch = "x86_64") {
        println!("INSTRUCTIONS NOT COMPARED: the table is that of x86_64");
        return Ok(());
    }
    let table = Table::read(&path())?;
    let verdict = table.compare(&measured()?);
    print!("{}", verdict.text);
    if verdict.passes {
        Ok(())
    } else {
        Err("instructions: what is marked took more than the table says.\n\
             A change that is worth it, or a new toolchain: `just instructions --update`, and say why in the commit."
            .into())
    }
}

fn update() -> Result<(), Failure> {
    let path = path();
    std::fs::write(&path, Table::write(&measured()?))?;
    println!("wrote {}", path.display());
    Ok(())
}
