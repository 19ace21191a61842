//! Where what a script prints goes.

use shape_runtime::{Buffering, HostCx};
use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes [`Stdio::capture`] keeps.
const DEFAULT_CAPTURE: usize = 64 << 20;

/// Where what a script prints goes.
#[derive(Clone)]
pub struct Stdio(Kind);

#[derive(Clone)]
enum Kind {
    Inherit,
    Null,
    Capture(usize),
    Writer(Shared),
}

impl Stdio {
    /// To the standard output, or error, of the host.
    #[must_use]
    pub const fn inherit() -> Self {
        Self(Kind::Inherit)
    }

    /// Nowhere.
    #[must_use]
    pub const fn null() -> Self {
        Self(Kind::Null)
    }

    /// Into the [`Outcome`](crate::Outcome) of the run, or its error, up to 64 MiB.
    #[must_use]
    pub const fn capture() -> Self {
        Self::capture_up_to(DEFAULT_CAPTURE)
    }

    /// As [`capture`](Self::capture), up to so many bytes. What would be more is an error of kind
    /// `resource` in the script.
    #[must_use]
    pub const fn capture_up_to(bytes: usize) -> Self {
        Self(Kind::Capture(bytes))
    }

    /// To a writer, which all runs share that are given it. Each has a buffer, which is written out
    /// when it is full and when the run, or a call, is over.
    #[must_use]
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self(Kind::Writer(Shared(Arc::new(Mutex::new(writer)))))
    }

    /// Connects a run's standard output; what is captured is found in the result.
    pub(crate) fn connect_stdout(&self, cx: HostCx) -> (HostCx, Option<Captured>) {
        let block = Buffering::Block;
        match &self.0 {
            Kind::Inherit => (cx, None),
            Kind::Null => (cx.with_stdout(io::sink(), block), None),
            Kind::Writer(shared) => (cx.with_stdout(shared.clone(), block), None),
            Kind::Capture(limit) => {
                let captured = Captured::up_to(*limit);
                (cx.with_stdout(captured.clone(), block), Some(captured))
            }
        }
    }

    /// As [`connect_stdout`](Self::connect_stdout), for standard error.
    pub(crate) fn connect_stderr(&self, cx: HostCx) -> (HostCx, Option<Captured>) {
        let block = Buffering::Block;
        match &self.0 {
            Kind::Inherit => (cx, None),
            Kind::Null => (cx.with_stderr(io::sink(), block), None),
            Kind::Writer(shared) => (cx.with_stderr(shared.clone(), block), None),
            Kind::Capture(limit) => {
                let captured = Captured::up_to(*limit);
                (cx.with_stderr(captured.clone(), block), Some(captured))
            }
        }
    }
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Inherit => "Stdio::Inherit",
            Kind::Null => "Stdio::Null",
            Kind::Capture(_) => "Stdio::Capture",
            Kind::Writer(_) => "Stdio::Writer",
        })
    }
}

/// A writer that several runs write to.
#[derive(Clone)]
struct Shared(Arc<Mutex<dyn Write + Send>>);

impl Shared {
    /// Does something with the writer; a panic in it is a failure to write.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        catch_unwind(AssertUnwindSafe(|| work(&mut *writer)))
            .unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As a whole, so that two runs do not mix what each has written in one piece.
        self.with(|writer| writer.write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|writer| writer.flush())
    }
}

/// What one run has printed.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    bytes: Rc<RefCell<Vec<u8>>>,
    limit: usize,
}

impl Captured {
    fn up_to(limit: usize) -> Self {
        Self {
            bytes: Rc::default(),
            limit,
        }
    }

    /// What has been printed since this was last asked. What is no UTF-8 is replaced.
    pub(crate) fn take(&self) -> String {
        let bytes = self.bytes.take();
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.bytes.borrow_mut();
        if all.len().saturating_add(bytes.len()) > self.limit {
            let message = format!("it would be more than the {} bytes to capture", self.limit);
            return Err(io::Error::other(message));
        }
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
