//! What the module keeps for one run.

use crate::handle::HostStream;
use shape_policy::{Policy, ProcessGrant};
use shape_process::{CancelToken, Error, HostInput, Run};
use shape_runtime::{HostCx, Raise, Stop, Waiter};
use shape_value::IoHandle;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How a run comes by the token that cancels what waits in it.
///
/// It is asked when a script first starts a program or reads its standard input, so that a host
/// whose scripts mostly do neither sets up what watches for signals only then. It is a service of
/// the run's [`HostCx`].
pub struct Cancellation(Box<dyn Fn() -> io::Result<CancelToken> + Send + Sync>);

impl Cancellation {
    /// Asks `source` for the token.
    pub fn new(source: impl Fn() -> io::Result<CancelToken> + Send + Sync + 'static) -> Self {
        Self(Box::new(source))
    }

    /// A token that exists already.
    #[must_use]
    pub fn with_token(token: CancelToken) -> Self {
        Self::new(move || Ok(token.clone()))
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellation").finish_non_exhaustive()
    }
}

/// Dropped with the run; the children that are left are ended then.
#[derive(Default)]
struct State {
    input: Option<Rc<HostInput>>,
    run: Option<Rc<Run>>,
    streams: [Option<IoHandle>; 3],
}

/// Serves the children while the script waits for something else.
#[derive(Debug)]
struct Serving(Rc<Run>);

impl Waiter for Serving {
    fn wait(&self, at_most: Duration) -> Result<(), Raise> {
        self.0.serve_for(at_most).map_err(|error| match error {
            Error::Cancelled { .. } => Stop::Cancelled.into(),
            other => Raise::resource(other.to_string()).retryable(),
        })
    }
}

/// The run's process engine.
pub(crate) fn run(cx: &mut HostCx) -> Result<Rc<Run>, Raise> {
    if let Some(run) = &cx.state::<State>().run {
        return Ok(Rc::clone(run));
    }
    let token = match cx.service::<Cancellation>() {
        Some(cancellation) => (cancellation.0)(),
        None => CancelToken::new(),
    };
    let run = token.and_then(Run::new).map_err(|e| no_descriptor(&e))?;
    let run = Rc::new(run);
    cx.state::<State>().run = Some(Rc::clone(&run));
    cx.set_waiter(Rc::new(Serving(Rc::clone(&run))));
    Ok(run)
}

/// What decides which programs may run.
pub(crate) fn policy(cx: &HostCx) -> Arc<Policy> {
    let nothing = || Arc::new(Policy::new(ProcessGrant::none()));
    cx.service::<Policy>().unwrap_or_else(nothing)
}

/// Standard input, with what has arrived and was not read.
pub(crate) fn input(cx: &mut HostCx) -> Result<Rc<HostInput>, Raise> {
    if let Some(input) = &cx.state::<State>().input {
        return Ok(Rc::clone(input));
    }
    let input = run(cx)?.host_input().map_err(|e| no_descriptor(&e))?;
    let input = Rc::new(input);
    cx.state::<State>().input = Some(Rc::clone(&input));
    Ok(input)
}

/// The one handle of a standard stream.
pub(crate) fn stream(cx: &mut HostCx, stream: HostStream) -> IoHandle {
    if let Some(handle) = &cx.state::<State>().streams[stream as usize] {
        return handle.clone();
    }
    let handle = cx.resources().insert(stream);
    cx.state::<State>().streams[stream as usize] = Some(handle.clone());
    handle
}

fn no_descriptor(error: &io::Error) -> Raise {
    Raise::resource(format!("io: no descriptor is to be had: {error}")).retryable()
}
