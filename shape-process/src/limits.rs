//! The limits of a spec as the kernel takes them.

use crate::output::Enforced;
use crate::spec::Limits;
use crate::sys::limits::{CPU, FILES, MEMORY, PROCESSES, Resource, ceiling};
use crate::sys::spawn::Rlimit;
use rustix::process::geteuid;
use std::time::Duration;

/// What a child's resources are limited to, and which of the limits it will be held to.
pub(crate) fn of(limits: &Limits) -> (Vec<Rlimit>, Enforced) {
    let mut rlimits = Vec::new();
    let mut limit = |resource, soft: Option<u64>, slack| {
        rlimits.extend(soft.map(|soft| rlimit(resource, soft, slack)));
        soft.is_some()
    };
    let enforced = Enforced {
        cpu: limit(CPU, limits.cpu.map(whole_seconds), 1),
        memory: limit(MEMORY, limits.memory, 0),
        files: limit(FILES, limits.files, 0),
        // The kernel does not count the processes of who may do anything.
        processes: limit(PROCESSES, limits.processes, 0) && !geteuid().is_root(),
    };
    (rlimits, enforced)
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs()
        .saturating_add(u64::from(time.subsec_nanos() > 0))
}

/// Nobody may have more than the host may.
fn rlimit(resource: Resource, soft: u64, slack: u64) -> Rlimit {
    let hard = soft.saturating_add(slack).min(ceiling(resource));
    Rlimit {
        resource,
        soft: soft.min(hard),
        hard,
    }
}
