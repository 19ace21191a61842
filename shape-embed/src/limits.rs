//! What a run may take.

use std::time::Duration;

/// What a run may take. Without limits it may take what the host can give; how deep calls may nest and
/// how large one value may be is bounded in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub(crate) time: Option<Duration>,
    pub(crate) memory: Option<usize>,
}

impl Limits {
    /// No limits.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            time: None,
            memory: None,
        }
    }

    /// The longest that the top level, and each call, may take, by the clock on the wall: computing,
    /// waiting, and the programs that it runs. The end comes at the next loop or call of the script;
    /// a function of the host that does not wait through [`HostCx`](crate::HostCx) is not interrupted.
    #[must_use]
    pub const fn time(self, limit: Duration) -> Self {
        Self {
            time: Some(limit),
            ..self
        }
    }

    /// The most memory in bytes that the script's values may take, with what functions of the host
    /// take on the thread of the run. The run ends at the first loop or call after it has passed
    /// the limit; what functions of the language would make larger at once is not made.
    ///
    /// It needs a [`CountingAllocator`](crate::CountingAllocator) in the host.
    #[must_use]
    pub const fn memory(self, bytes: usize) -> Self {
        Self {
            memory: Some(bytes),
            ..self
        }
    }
}
