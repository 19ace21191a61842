//! The two ways to start processes, to be measured side by side.

use shape_policy::{Approved, Policy, ProcessGrant};
use shape_process::{CancelToken, Launcher, Run, Spec};

/// A run for each launcher, with its name. The helper of the second is the bench itself, whose `main`
/// begins with [`be_warden_if_asked`](shape_process::be_warden_if_asked).
///
/// # Panics
/// The system is out of descriptors or processes.
#[must_use]
pub fn runs() -> [(&'static str, Run); 2] {
    let helper = std::env::current_exe().expect("the bench has a path");
    let run = |launcher| {
        let token = CancelToken::new().expect("there are descriptors");
        Run::with_launcher(token, &launcher).expect("the launcher starts")
    };
    [
        ("direct", run(Launcher::Direct)),
        ("warden", run(Launcher::Warden { helper })),
    ]
}

/// Allows it.
///
/// # Panics
/// There is no such program.
#[must_use]
pub fn approve(spec: Spec) -> Approved<Spec> {
    let policy = Policy::new(ProcessGrant::all());
    policy.approve(spec).expect("the program exists")
}
