//! What becomes of something that was approved, told by whoever runs it.

use std::fmt;
use std::time::{Duration, Instant};

/// Is told when something that was approved starts and when it is over.
///
/// It is called while the run is served: what it does takes its time from all processes of the run,
/// and it must not use the run itself.
pub trait TicketSink: Send {
    /// It runs, as the process of that number.
    fn started(&mut self, pid: u32);
    /// It is over, or nobody will learn what becomes of it.
    fn ended(&mut self, end: &End<'_>);
}

/// How a process ended. One without exit code and signal is not known to have ended: it is detached and
/// was let go, its status was lost, or it could not be ended and is among the survivors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End<'a> {
    /// Its exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// From its start until all that it left was over.
    pub duration: Duration,
    /// Its time was up, or it was idle for too long.
    pub timed_out: bool,
    /// It wrote more than was kept.
    pub truncated: bool,
    /// The processes that could not be ended, by number.
    pub survivors: &'a [u32],
    /// The names of the limits that held.
    pub enforced: &'a [&'a str],
}

/// Travels with what was approved to whoever runs it, who reports start and end.
///
/// What is told is one start and, after it, one end; of what never started, nothing. A ticket that is
/// dropped in between tells an end of which nothing is known.
#[derive(Default)]
pub struct Ticket {
    sink: Option<Box<dyn TicketSink>>,
    started: Option<Instant>,
}

impl Ticket {
    /// A ticket of which nobody is told anything.
    pub fn none() -> Self {
        Self::default()
    }

    /// A ticket of which `sink` is told.
    pub fn new(sink: Box<dyn TicketSink>) -> Self {
        Self {
            sink: Some(sink),
            started: None,
        }
    }

    /// The same ticket, of which `other` is told after those that are already.
    pub(crate) fn and(mut self, other: Box<dyn TicketSink>) -> Self {
        self.sink = Some(match self.sink.take() {
            Some(sink) => Box::new(Both(sink, other)),
            None => other,
        });
        self
    }

    /// Whether somebody is still to be told something.
    pub fn is_awaited(&self) -> bool {
        self.sink.is_some()
    }

    /// Tells of the start. Only the first one counts.
    pub fn started(&mut self, pid: u32) {
        if let (Some(sink), None) = (&mut self.sink, self.started) {
            self.started = Some(Instant::now());
            sink.started(pid);
        }
    }

    /// Tells of the end of what was started. Only the first one counts.
    pub fn ended(&mut self, end: &End<'_>) {
        if self.started.is_some()
            && let Some(mut sink) = self.sink.take()
        {
            sink.ended(end);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(started) = self.started {
            let duration = started.elapsed();
            self.ended(&End {
                duration,
                ..End::default()
            });
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("is_awaited", &self.is_awaited())
            .field("started", &self.started)
            .finish()
    }
}

/// Two who are told, in this order.
struct Both(Box<dyn TicketSink>, Box<dyn TicketSink>);

impl TicketSink for Both {
    fn started(&mut self, pid: u32) {
        self.0.started(pid);
        self.1.started(pid);
    }

    fn ended(&mut self, end: &End<'_>) {
        self.0.ended(end);
        self.1.ended(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Writes down what it is told.
    struct Notes(&'static str, Arc<Mutex<Vec<String>>>);

    impl TicketSink for Notes {
        fn started(&mut self, pid: u32) {
            let note = format!("{} started {pid}", self.0);
            self.1.lock().unwrap().push(note);
        }

        fn ended(&mut self, end: &End<'_>) {
            let note = format!("{} ended {:?}", self.0, end.exit_code);
            self.1.lock().unwrap().push(note);
        }
    }

    #[track_caller]
    fn check(use_up: impl FnOnce(Ticket), expected: &[&str]) {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let one = Ticket::new(Box::new(Notes("a", Arc::clone(&notes))));
        use_up(one.and(Box::new(Notes("b", Arc::clone(&notes)))));
        assert_eq!(*notes.lock().unwrap(), expected);
    }

    #[test]
    fn one_start_and_one_end_are_told() {
        let end = End {
            exit_code: Some(3),
            ..End::default()
        };
        let all = [
            "a started 7",
            "b started 7",
            "a ended Some(3)",
            "b ended Some(3)",
        ];
        check(
            |mut ticket| {
                ticket.started(7);
                ticket.started(8);
                ticket.ended(&end);
                ticket.ended(&end);
            },
            &all,
        );
        check(drop, &[]);
        check(|mut ticket| ticket.ended(&end), &[]);
        let unknown = ["a started 7", "b started 7", "a ended None", "b ended None"];
        check(|mut ticket| ticket.started(7), &unknown);
    }
}
