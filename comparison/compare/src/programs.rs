//! The second table: programs that call nobody, as whole processes, beside `lua5.4`.

use crate::build::{here, program};
use crate::measure::{median, whole};
use crate::table::Table;
use crate::{Args, Failure, Report};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program: its name, what it is called with, and what it prints.
const PROGRAMS: [(&str, u64, &str); 6] = [
    ("fib", 32, "2178309"),
    ("loop", 50_000_000, "1249999975000000"),
    ("append", 1_000_000, "10888890"),
    ("push", 5_000_000, "12499997500000"),
    ("words", 1_000_000, "5000 251"),
    ("sort", 1_000_000, "71 1073574452 2147482932"),
];

/// Whole processes are slow: at most so many rounds.
const ROUNDS: usize = 5;

/// Where the `shape` command is, built as a release.
///
/// # Errors
/// It does not build.
pub fn shape() -> Result<PathBuf, Failure> {
    program(&here().join(".."), "shape-cli", "shape")
}

/// Measures Shape and Lua in turn.
///
/// # Errors
/// Shape does not build, or one of the programs does not print what it should.
pub fn report(args: &Args) -> Result<Report, Failure> {
    let shape = shape()?;
    let has_lua = Command::new("lua5.4")
        .arg("-v")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    let folder = here().join("target/programs");
    fs::create_dir_all(&folder)?;
    let rounds = args.rounds.min(ROUNDS);
    let mut table = Table::new(&["CPU seconds", "shape", "lua5.4", "shape / lua5.4"]);
    let mut rows = Vec::new();
    for (name, n, expected) in PROGRAMS {
        let ours = here()
            .join("../benches/programs")
            .join(name)
            .with_extension("shape");
        let ours = script(&ours, &folder, n)?;
        let theirs = here().join("compare/lua").join(name).with_extension("lua");
        let theirs = script(&theirs, &folder, n)?;
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let spent = whole(Command::new(&shape).arg("run").arg(&ours), expected)?;
            our_times.push(spent.cpu.as_secs_f64());
            if has_lua {
                let spent = whole(Command::new("lua5.4").arg(&theirs), expected)?;
                their_times.push(spent.cpu.as_secs_f64());
            }
        }
        let ours = median(our_times);
        let theirs = has_lua.then(|| median(their_times));
        let cell = |n: Option<f64>, digits| n.map_or("-".to_owned(), |n| format!("{n:.digits$}"));
        let ratio = theirs.map(|theirs| ours / theirs);
        table.row(name, [cell(Some(ours), 3), cell(theirs, 3), cell(ratio, 2)]);
        rows.push(json!({ "program": name, "shape_s": ours, "lua54_s": theirs, "ratio": ratio }));
    }
    let note = if has_lua {
        ""
    } else {
        "\nlua5.4 is not installed.\n"
    };
    Ok(Report {
        name: "programs",
        text: format!(
            "Programs (medians of {rounds} rounds)\n\n{}{note}",
            table.text()
        ),
        json: rows.into(),
    })
}

/// A copy of the program in `source`, in `folder`, that prints `program(n)`.
fn script(source: &Path, folder: &Path, n: u64) -> Result<PathBuf, Failure> {
    let text = fs::read_to_string(source).map_err(|e| format!("{}: {e}", source.display()))?;
    let copy = folder.join(source.file_name().ok_or("it has a name")?);
    fs::write(&copy, format!("{text}\nprint(program({n}))\n"))?;
    Ok(copy)
}
