//! This program again, under valgrind(1)'s callgrind.

#![allow(clippy::disallowed_methods, reason = "valgrind is started from here")]

use crate::Failure;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// The argument with which this program does what is counted.
pub const COUNT: &str = "--count";

/// The function whose calls are counted, whatever is in front of its name.
const COUNTED: &str = "*run_that_is_counted*";

/// The instructions of each of `runs` calls, in order, with the few since the call before.
///
/// # Errors
/// valgrind is missing, fails, or has seen another number of calls.
///
/// # Blocking
/// Until valgrind ends, which takes some seconds.
pub fn count(runs: usize) -> Result<Vec<u64>, Failure> {
    let folder = env::temp_dir().join(format!("shape-instructions-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let counts = run(&folder).and_then(|()| {
        let counts = (1..).map(|run| folder.join(format!("run.{run}")));
        let counts = counts.take_while(|file| file.exists());
        counts
            .map(|file| total(&file))
            .collect::<Result<Vec<_>, _>>()
    });
    fs::remove_dir_all(&folder)?;
    let counts = counts?;
    if counts.len() != runs {
        return Err(format!("callgrind saw {} runs, not {runs}", counts.len()).into());
    }
    Ok(counts)
}

fn run(folder: &Path) -> Result<(), Failure> {
    let out = folder.join("run");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(env::current_exe()?)
        .arg(COUNT)
        // The C library picks its copying and comparing functions by the processor: always the same ones.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS,-FSRM")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return Err("instructions: valgrind(1) is not installed".into());
        }
        Err(why) => return Err(why.into()),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("valgrind: {}\n{said}", output.status).into())
}

/// The number behind `totals:` in what callgrind has written.
fn total(file: &Path) -> Result<u64, Failure> {
    let text = fs::read_to_string(file)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:"));
    let total = total.ok_or_else(|| format!("{}: no totals", file.display()))?;
    Ok(total.trim().parse()?)
}
