//! Process groups: every child leads one of its own.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::path::Path;

/// Sends `signal` to every process of `group`. One that has ended, or that we may not signal, is no
/// error: what is still alive is found out by looking.
pub(crate) fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Whether no process of `group` is left, not even a zombie.
pub(crate) fn is_gone(group: Pid) -> bool {
    test_kill_process_group(group) == Err(Errno::SRCH)
}

/// The living processes of `group`, but for its leader.
///
/// # Source
/// proc_pid_stat(5)
pub(crate) fn others(group: Pid) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
        .filter(|&pid| pid != group && is_living_member(pid, group))
        .collect()
}

fn is_living_member(pid: Pid, group: Pid) -> bool {
    let stat = Path::new("/proc").join(pid.to_string()).join("stat");
    let Ok(stat) = std::fs::read(stat) else {
        return false;
    };
    // The name in brackets may hold anything, also brackets: what follows the last one is fixed.
    let Some(end) = memchr::memrchr(b')', &stat) else {
        return false;
    };
    let rest = String::from_utf8_lossy(&stat[end + 1..]);
    let mut fields = rest.split_ascii_whitespace();
    let (state, _parent, its_group) = (fields.next(), fields.next(), fields.next());
    !matches!(state, Some("Z" | "X") | None) && its_group == Some(&group.to_string())
}
