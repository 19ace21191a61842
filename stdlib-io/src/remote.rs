//! The io module in a library of its own, and its host: what goes between them.
//!
//! The module then has its own copies of the policy's and the engine's code, whose types are not the
//! host's. It asks the host for everything that is the host's to say, in bytes: each decision ([`POLICY`]),
//! and how processes are started ([`PROCESSES`]). It starts and serves them itself.

use crate::state::NoInput;
use serde::{Deserialize, Serialize};
use shape_policy::{Policy, PolicyServer};
use shape_process::{CancelToken, Launcher, Run, Warden};
use shape_runtime::{ByteService, HostCx};
use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;

/// The name of the service that decides: [`PolicyServer::answer`].
pub(crate) const POLICY: &str = "shape.policy";
/// The name of the service that says how processes are started: a [`Description`] for a [`Question`].
pub(crate) const PROCESSES: &str = "shape.processes";

/// The name of the service that a host has whose standard input is not the script's; being there is all it
/// says.
pub(crate) const NO_INPUT: &str = "shape.no_input";

/// What both sides have to speak about processes.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Question {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    /// What the host's helper speaks.
    warden: String,
    launcher: Described,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Described {
    By(Launcher),
    /// The host is not ready, for this reason.
    Failed(String),
}

/// Gives the run of `cx` what modules in libraries of their own need: `policy` decides for them, if there is
/// one, and what waits in them ends when `token` is cancelled. `launcher` is asked how processes are started
/// when a script first starts one or reads its standard input, as the source of a
/// [`Processes`](crate::Processes) is. A [`NoInput`] that the run has already holds in them, too.
///
/// # Errors
/// No descriptor is to be had.
pub fn serve(
    cx: &mut HostCx,
    policy: Option<Arc<Policy>>,
    token: &CancelToken,
    launcher: impl Fn() -> io::Result<Launcher> + Send + Sync + 'static,
) -> io::Result<()> {
    if let Some(policy) = policy {
        let server = PolicyServer::new(policy).cancelled_by(token.clone());
        let decide = move |request: &[u8]| server.answer(request);
        cx.set_byte_service(POLICY, ByteService::new(decide));
    }
    if cx.service::<NoInput>().is_some() {
        cx.set_byte_service(NO_INPUT, ByteService::new(|_| Vec::new()));
    }
    let describe = move |request: &[u8]| describe(request, &launcher);
    cx.set_byte_service(PROCESSES, ByteService::new(describe));
    cx.set_cancel_fd(Arc::new(token.as_fd().try_clone_to_owned()?));
    Ok(())
}

/// The answer of [`PROCESSES`].
fn describe(request: &[u8], launcher: &dyn Fn() -> io::Result<Launcher>) -> Vec<u8> {
    let launcher = match serde_json::from_slice(request) {
        Ok(Question { version: VERSION }) => launcher(),
        _ => Err(io::Error::other(format!(
            "the host speaks version {VERSION}"
        ))),
    };
    let failed = |error: io::Error| Described::Failed(error.to_string());
    let description = Description {
        version: VERSION,
        warden: Warden::VERSION.to_owned(),
        launcher: launcher.map_or_else(failed, Described::By),
    };
    // It cannot fail: it has no maps. If it did, nothing describes nothing.
    serde_json::to_vec(&description).unwrap_or_default()
}

/// The policy of the host that decides for this library, if it has one.
pub(crate) fn policy(cx: &HostCx) -> Option<Policy> {
    let service = cx.byte_service(POLICY)?;
    let channel = move |request: &[u8]| Ok(service.call(request));
    Some(Policy::remote(Arc::new(channel)))
}

/// Whether the host keeps its standard input to itself.
pub(crate) fn keeps_input(cx: &HostCx) -> bool {
    cx.byte_service(NO_INPUT).is_some()
}

/// An engine of this library's own, that starts processes as the host says, if it says anything.
pub(crate) fn run(cx: &HostCx) -> io::Result<Run> {
    let launcher = match cx.byte_service(PROCESSES) {
        Some(service) => ask(&service)?,
        None => Launcher::Direct,
    };
    let token = match cx.cancel_fd()? {
        Some(descriptor) => CancelToken::of_fd(descriptor)?,
        None => CancelToken::new()?,
    };
    Run::with_launcher(token, &launcher)
}

/// How the host says that processes are started.
fn ask(service: &ByteService) -> io::Result<Launcher> {
    let question = serde_json::to_vec(&Question { version: VERSION })?;
    let answer = service.call(&question);
    let description = match serde_json::from_slice(&answer) {
        Ok(
            description @ Description {
                version: VERSION, ..
            },
        ) => description,
        _ => {
            return Err(io::Error::other(
                "what the host says of it cannot be understood",
            ));
        }
    };
    match description.launcher {
        Described::Failed(why) => Err(io::Error::other(why)),
        Described::By(Launcher::Warden { .. }) if description.warden != Warden::VERSION => {
            Err(io::Error::other(format!(
                "the host's helper is one for {}, and the module was built for {}",
                description.warden,
                Warden::VERSION
            )))
        }
        Described::By(launcher) => Ok(launcher),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{self, Processes};
    use shape_policy::ProcessGrant;
    use shape_process::Spec;
    use shape_runtime::Raise;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    /// A run whose host starts processes by `launcher`.
    fn run_by(launcher: impl Fn() -> io::Result<Launcher> + Send + Sync + 'static) -> HostCx {
        let mut cx = HostCx::new();
        let token = CancelToken::new().unwrap();
        serve(&mut cx, None, &token, launcher).unwrap();
        cx
    }

    /// A run whose host says this of its processes.
    fn run_told(answer: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> HostCx {
        let mut cx = HostCx::new();
        cx.set_byte_service(PROCESSES, ByteService::new(answer));
        cx
    }

    #[track_caller]
    fn message(mut cx: HostCx) -> String {
        match state::run(&mut cx) {
            Err(Raise::Error(error)) => error.message.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_the_host_is_said_as_by_a_linked_module() {
        let exhausted = || io::Error::from_raw_os_error(24);
        let mut linked = HostCx::new();
        linked.set_service(Arc::new(Processes::new(move || Err(exhausted()))));
        let apart = run_by(move || Err(exhausted()));
        assert_eq!(message(apart), message(linked));
    }

    #[test]
    fn a_host_that_cannot_be_understood_starts_nothing() {
        for answer in [
            "",
            "{}",
            r#"{"version":2,"warden":"","launcher":{"by":"direct"}}"#,
        ] {
            let message = message(run_told(|_| answer.into()));
            assert!(message.contains("cannot be understood"), "{message}");
        }
    }

    #[test]
    fn a_helper_of_another_release_is_none() {
        let helper = || {
            Ok(Launcher::Warden {
                helper: "/proc/self/exe".into(),
            })
        };
        let other = move |request: &[u8]| {
            let text = String::from_utf8(describe(request, &helper)).unwrap();
            text.replace(Warden::VERSION, "another").into_bytes()
        };
        let message = message(run_told(other));
        assert!(message.contains("is one for another"), "{message}");
    }

    #[test]
    fn a_launcher_comes_as_it_is() {
        let odd = OsString::from_vec(b"/no/such/\xffhelper".to_vec());
        for launcher in [Launcher::Direct, Launcher::Warden { helper: odd.into() }] {
            let described = launcher.clone();
            let cx = run_by(move || Ok(described.clone()));
            let service = cx.byte_service(PROCESSES).unwrap();
            assert_eq!(ask(&service).unwrap(), launcher);
        }
    }

    #[test]
    fn the_host_decides_and_cancels() {
        let token = CancelToken::new().unwrap();
        let grant = ProcessGrant::none().allow("true".parse().unwrap());
        let policy = Arc::new(Policy::new(grant));
        let mut cx = HostCx::new();
        serve(&mut cx, Some(policy), &token, || Ok(Launcher::Direct)).unwrap();
        let run = state::run(&mut cx).unwrap();
        let policy = state::policy(&mut cx);
        assert!(Arc::ptr_eq(&policy, &state::policy(&mut cx)));
        let approved = policy.approve(Spec::new("true")).unwrap();
        assert_eq!(run.exec(approved).unwrap().status, 0);
        assert!(policy.approve(Spec::new("false")).is_err());
        token.cancel();
        assert!(run.cancel_token().is_cancelled());
    }
}
