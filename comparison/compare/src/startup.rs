//! The third table: from nothing to `hello`, and out again.

use crate::build::here;
use crate::measure::{Spent, whole};
use crate::programs::shape;
use crate::table::Table;
use crate::{Args, Failure, Report};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each is started so often in a round.
const STARTS: usize = 20;

/// Measures Shape, a program in C, and whatever of Lua and a shell is there.
///
/// # Errors
/// Shape does not build, or one of them does not print what it should.
pub fn report(args: &Args) -> Result<Report, Failure> {
    let folder = here().join("target/startup");
    fs::create_dir_all(&folder)?;
    let mut commands = vec![("shape run", shape()?, vec!["run", "-A", "hello.shape"])];
    fs::write(folder.join("hello.shape"), "print(\"hello\")\n")?;
    if let Some(c) = c(&folder)? {
        commands.push(("C, linked with libc", c, Vec::new()));
    }
    fs::write(folder.join("hello.lua"), "print(\"hello\")\n")?;
    commands.push(("lua5.4", "lua5.4".into(), vec!["hello.lua"]));
    commands.push(("dash", "dash".into(), vec!["-c", "echo hello"]));
    commands.retain(|(name, program, _)| {
        let is_there = program.is_absolute() || Command::new(program).arg("-v").output().is_ok();
        if !is_there {
            eprintln!("{name} is not installed");
        }
        is_there
    });
    let mut seen: Vec<Vec<Spent>> = vec![Vec::new(); commands.len()];
    for _ in 0..args.rounds * STARTS {
        for ((_, program, args), seen) in commands.iter().zip(&mut seen) {
            let mut command = Command::new(program);
            seen.push(whole(command.args(args).current_dir(&folder), "hello")?);
        }
    }
    let least = |seen: &[Spent]| {
        let least = |of: fn(&Spent) -> f64| seen.iter().map(of).fold(f64::INFINITY, f64::min);
        let [cpu, wall] = [
            least(|spent| spent.cpu.as_secs_f64() * 1e3),
            least(|spent| spent.wall.as_secs_f64() * 1e3),
        ];
        (cpu, wall)
    };
    let mut table = Table::new(&["startup, least of all", "CPU ms", "ms", "ms of shape / its"]);
    let mut rows = Vec::new();
    let (_, ours) = least(&seen[0]);
    for ((name, ..), seen) in commands.iter().zip(&seen) {
        let (cpu, wall) = least(seen);
        let cells = [cpu, wall, ours / wall].map(|number| format!("{number:.2}"));
        table.row(name, cells);
        rows.push(json!({ "program": name, "cpu_ms": cpu, "wall_ms": wall }));
    }
    Ok(Report {
        name: "startup",
        text: format!(
            "Startup ({} starts of each)\n\n{}",
            seen[0].len(),
            table.text()
        ),
        json: rows.into(),
    })
}

/// The program in C, if there is a compiler.
fn c(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let source = folder.join("hello.c");
    let text = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";
    fs::write(&source, text)?;
    let program = folder.canonicalize()?.join("hello-c");
    let compiled = Command::new("cc")
        .arg("-O2")
        .arg("-o")
        .arg(&program)
        .arg(&source)
        .status();
    match compiled {
        Ok(status) if status.success() => Ok(Some(program)),
        Ok(status) => Err(format!("cc: {status}").into()),
        Err(_) => {
            eprintln!("there is no C compiler");
            Ok(None)
        }
    }
}
