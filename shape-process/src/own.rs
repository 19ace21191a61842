//! Programs that are run with the caller's own authority, each in a run of its own.

use crate::error::Error;
use crate::output::Output;
use crate::process::Process;
use crate::run::Run;
use crate::spec::Spec;
use shape_policy::CancelToken;
use shape_policy::{Approved, Policy, ProcessGrant};
use std::ops::Deref;

/// A process in a run of its own; see [`Spec::spawn`].
///
/// When it is dropped the process is ended as by [`Run::shutdown`], and that is waited for.
#[derive(Debug)]
pub struct OwnProcess {
    // Dropped first, so that the run finds nobody who still wants it.
    process: Process,
    run: Run,
}

impl OwnProcess {
    /// The run that it is alone in.
    pub fn run(&self) -> &Run {
        &self.run
    }
}

impl Deref for OwnProcess {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl Spec {
    /// Runs the program to its end, as [`Run::exec`] does, in a run of its own and with the authority
    /// of the calling program: there is nobody to be asked and nothing is denied.
    ///
    /// ```
    /// use shape_process::Spec;
    /// use std::time::Duration;
    ///
    /// let output = Spec::new("sort").args(["-r"]).stdin_bytes("a\nb\n").timeout(Duration::from_secs(10)).run()?;
    /// assert_eq!(output.stdout, b"b\na\n");
    /// # Ok::<(), shape_process::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Run::exec`], and [`Error::Resolve`] if there is no such program or directory.
    ///
    /// # Blocking
    /// As [`Run::exec`].
    pub fn run(self) -> Result<Output, Error> {
        let (run, approved) = self.alone()?;
        run.exec(approved)
    }

    /// Starts the program and does not wait for it, as [`Run::spawn`] does, in a run of its own and
    /// with the authority of the calling program.
    ///
    /// # Errors
    /// Those of [`Run::spawn`], and [`Error::Resolve`] if there is no such program or directory.
    pub fn spawn(self) -> Result<OwnProcess, Error> {
        let (run, approved) = self.alone()?;
        let process = run.spawn(approved)?;
        Ok(OwnProcess { process, run })
    }

    fn alone(self) -> Result<(Run, Approved<Self>), Error> {
        let program = self.program.clone();
        let approved = Policy::new(ProcessGrant::all()).approve(self)?;
        let run = CancelToken::new().and_then(Run::new);
        let run = run.map_err(|source| Error::Resource {
            program,
            what: "what serves it",
            source,
        })?;
        Ok((run, approved))
    }
}
