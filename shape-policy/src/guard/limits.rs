//! How much a subject may do.

use std::time::Duration;

/// So many within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many are let through; the next one is one too many.
    pub count: u32,
    /// How long a window is, to the millisecond.
    pub window: Duration,
}

impl Rate {
    /// `count` a minute.
    pub const fn per_minute(count: u32) -> Self {
        Self {
            count,
            window: Duration::from_secs(60),
        }
    }

    /// The length of the window in milliseconds.
    pub(super) fn window_ms(self) -> u64 {
        u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX)
    }
}

/// How much each subject may do before it is held up. Each limit can be changed, or switched off with
/// `None`.
///
/// ```
/// use shape_policy::{Limits, Rate};
/// let mut limits = Limits::default();
/// limits.network = Some(Rate::per_minute(100));
/// limits.per_program = None;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Commands; 60 a minute.
    pub runs: Option<Rate>,
    /// Commands with the same program, by the last part of its path; 20 a minute.
    pub per_program: Option<Rate>,
    /// Commands that destroy, such as `rm`; 5 a minute.
    pub destructive: Option<Rate>,
    /// Commands that use the network; 10 a minute.
    pub network: Option<Rate>,
    /// Commands that write files; 30 a minute.
    pub file_write: Option<Rate>,
    /// Commands that destroy, within any 10 seconds and not in fixed windows; 2, so that the third waits.
    pub removals: Option<Rate>,
    /// Refusals of a subject that is held up already, the last of which locks everything down; 10.
    pub refusals: Option<u32>,
    /// An alert when a command destroys so soon after an earlier one that read files; 30 seconds.
    pub look_then_destroy: Option<Duration>,
    /// An alert at so many failures in a row; 5.
    pub failures: Option<u32>,
}

impl Limits {
    /// No limits: everything passes until a lockdown.
    pub const fn none() -> Self {
        Self {
            runs: None,
            per_program: None,
            destructive: None,
            network: None,
            file_write: None,
            removals: None,
            refusals: None,
            look_then_destroy: None,
            failures: None,
        }
    }

    /// Whether a command has to be counted.
    pub(super) fn counts_commands(&self) -> bool {
        self.rates().iter().any(Option::is_some) || self.look_then_destroy.is_some()
    }

    /// Milliseconds after which nothing that a subject did counts any more.
    pub(super) fn longest_ms(&self) -> u64 {
        let rates = self.rates().into_iter().flatten().map(Rate::window_ms);
        let look = self.look_then_destroy.map(|window| window.as_millis());
        let look = look.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX));
        rates.chain(look).max().unwrap_or(0)
    }

    fn rates(&self) -> [Option<Rate>; 6] {
        [
            self.runs,
            self.per_program,
            self.destructive,
            self.network,
            self.file_write,
            self.removals,
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            runs: Some(Rate::per_minute(60)),
            per_program: Some(Rate::per_minute(20)),
            destructive: Some(Rate::per_minute(5)),
            network: Some(Rate::per_minute(10)),
            file_write: Some(Rate::per_minute(30)),
            removals: Some(Rate {
                count: 2,
                window: Duration::from_secs(10),
            }),
            refusals: Some(10),
            look_then_destroy: Some(Duration::from_secs(30)),
            failures: Some(5),
        }
    }
}
