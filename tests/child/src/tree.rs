//! Processes that a program leaves behind, and what it sees of its own.

use std::io;
use std::process::{Command, Stdio};

/// Starts this program again, in the same group, without streams, and prints its pid.
pub(crate) fn start_quiet(args: &[&str]) -> io::Result<()> {
    start(args, Stdio::null())
}

/// The same, with our standard output.
pub(crate) fn start_holding(args: &[&str]) -> io::Result<()> {
    start(args, Stdio::inherit())
}

#[allow(clippy::disallowed_methods, reason = "it does what programs do")]
fn start(args: &[&str], stdout: Stdio) -> io::Result<()> {
    let child = Command::new(std::env::current_exe()?)
        .args(args)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::null())
        .spawn()?;
    crate::streams::say(&format!("{}\n", child.id()))
}

pub(crate) fn descriptors() -> io::Result<String> {
    let mut numbers: Vec<u32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    // The last one is the directory that is being read.
    numbers.pop();
    Ok(format!("{numbers:?}\n"))
}

pub(crate) fn ids() -> io::Result<String> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    Ok(format!(
        "{} {} {}\n",
        std::process::id(),
        fields[2],
        fields[5]
    ))
}

pub(crate) fn status_line(name: &str) -> io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    Ok(format!("{}\n", line.unwrap_or_default().trim()))
}

pub(crate) fn terminal() -> &'static str {
    match std::fs::File::open("/dev/tty") {
        Ok(_) => "tty\n",
        Err(_) => "no tty\n",
    }
}

pub(crate) fn variable(name: &str) -> String {
    match std::env::var_os(name) {
        Some(value) => format!("{}\n", value.to_string_lossy()),
        None => "unset\n".to_owned(),
    }
}

pub(crate) fn environment() -> String {
    std::env::vars_os()
        .map(|(name, value)| format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy()))
        .collect()
}

pub(crate) fn arguments() -> String {
    std::env::args_os()
        .map(|arg| format!("{arg:?}\n"))
        .collect()
}
