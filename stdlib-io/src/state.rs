//! What the module keeps for one run.

use crate::handle::HostStream;
use crate::remote;
use shape_policy::{Policy, ProcessGrant};
use shape_process::{CancelToken, Error, HostInput, Output, Run, SpillFile};
use shape_runtime::{HostCx, Raise, Stop, Waiter};
use shape_value::IoHandle;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How a run comes by its process engine.
///
/// It is asked when a script first starts a program or reads its standard input, so that a host
/// whose scripts mostly do neither sets up what watches for signals only then. It is a service of
/// the run's [`HostCx`].
pub struct Processes(Box<dyn Fn() -> io::Result<Run> + Send + Sync>);

impl Processes {
    /// Asks `source` for the engine, once in a run of a script.
    pub fn new(source: impl Fn() -> io::Result<Run> + Send + Sync + 'static) -> Self {
        Self(Box::new(source))
    }

    /// Starts programs from the host itself, and gives up what waits when `token` is cancelled.
    #[must_use]
    pub fn cancelled_by(token: CancelToken) -> Self {
        Self::new(move || Run::new(token.clone()))
    }
}

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processes").finish_non_exhaustive()
    }
}

/// A host that keeps its standard input to itself: what scripts read is empty, and no program inherits
/// it. It is a service of the run's [`HostCx`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInput;

/// Dropped with the run; the children that are left are ended then.
#[derive(Default)]
struct State {
    input: Option<Rc<HostInput>>,
    run: Option<Rc<Run>>,
    streams: [Option<IoHandle>; 3],
    /// The files that commands were spilled to.
    spilled: BTreeMap<PathBuf, Spilled>,
}

/// A file that a command was spilled to.
struct Spilled {
    /// Which one it was when the command was over; none if it was gone.
    identity: Option<Identity>,
    opened: Option<SpillFile>,
}

/// The device and the number of a file.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

impl Spilled {
    fn new(path: &Path) -> Self {
        let metadata = fs::symlink_metadata(path);
        Self {
            identity: metadata.as_ref().ok().map(identity),
            opened: None,
        }
    }

    /// Opens the file, unless another one has taken its place.
    fn open(&self, path: &str) -> io::Result<SpillFile> {
        let file = SpillFile::open(path)?;
        match Some(identity(&file.metadata()?)) == self.identity {
            true => Ok(file),
            false => Err(io::Error::other("another file has taken its place")),
        }
    }
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
    let run = match cx.service::<Processes>() {
        Some(processes) => (processes.0)(),
        None => remote::run(cx),
    };
    let run = run.map_err(|error| not_set_up(&error))?;
    let run = Rc::new(run);
    cx.state::<State>().run = Some(Rc::clone(&run));
    cx.set_waiter(Rc::new(Serving(Rc::clone(&run))));
    Ok(run)
}

/// What decides which programs may run.
pub(crate) fn policy(cx: &mut HostCx) -> Arc<Policy> {
    if let Some(policy) = cx.service::<Policy>() {
        return policy;
    }
    let Some(policy) = remote::policy(cx) else {
        return Arc::new(Policy::new(ProcessGrant::none()));
    };
    let policy = Arc::new(policy);
    cx.set_service(Arc::clone(&policy));
    policy
}

/// Standard input, with what has arrived and was not read.
pub(crate) fn input(cx: &mut HostCx) -> Result<Rc<HostInput>, Raise> {
    if let Some(input) = &cx.state::<State>().input {
        return Ok(Rc::clone(input));
    }
    let run = run(cx)?;
    let input = match keeps_input(cx) {
        true => fs::File::open("/dev/null").map(|empty| run.input_from(empty.into())),
        false => run.host_input(),
    };
    let input = input.map_err(|error| not_set_up(&error))?;
    let input = Rc::new(input);
    cx.state::<State>().input = Some(Rc::clone(&input));
    Ok(input)
}

/// Whether the host keeps its standard input to itself.
pub(crate) fn keeps_input(cx: &HostCx) -> bool {
    cx.service::<NoInput>().is_some() || remote::keeps_input(cx)
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

/// Lets a program that reads the same input begin with what has not been read.
pub(crate) fn give_back_input(cx: &mut HostCx) {
    if let Some(input) = &cx.state::<State>().input {
        input.give_back();
    }
}

/// Takes note of the files that an output was spilled to.
pub(crate) fn note(cx: &mut HostCx, output: Option<&Output>) {
    let files = output.map(|output| [&output.stdout_file, &output.stderr_file]);
    for file in files.into_iter().flatten().flatten() {
        let spilled = &mut cx.state::<State>().spilled;
        let entry = spilled.entry(file.clone());
        entry.or_insert_with(|| Spilled::new(file));
    }
}

/// As [`note`], and returns the output.
pub(crate) fn noted(cx: &mut HostCx, output: Output) -> Output {
    note(cx, Some(&output));
    output
}

/// A file that was taken note of.
pub(crate) fn spilled<'a>(cx: &'a mut HostCx, path: &str) -> Option<io::Result<&'a mut SpillFile>> {
    let file = cx.state::<State>().spilled.get_mut(Path::new(path))?;
    let opened = match file.opened.take() {
        Some(opened) => Ok(opened),
        None => file.open(path),
    };
    Some(opened.map(|opened| file.opened.insert(opened)))
}

fn not_set_up(error: &io::Error) -> Raise {
    Raise::resource(format!(
        "io: what starts programs cannot be set up: {error}"
    ))
    .retryable()
}
