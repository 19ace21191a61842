//! Stopping what waits, from another thread, a signal handler, or the other end of a descriptor.

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops every blocking operation of those who hold it: an open question, and the runs of the process
/// engine. Clones are the same token.
///
/// A token stays cancelled until it is renewed. Its descriptor ([`AsFd`]) becomes readable at that moment and stays so.
///
/// # Source
/// eventfd(2)
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cancelled: AtomicBool,
    event: OwnedFd,
    source: Option<Source>,
}

/// A descriptor of somebody else's that cancels, too.
#[derive(Debug)]
struct Source {
    /// Readable when the descriptor or the token's own event is.
    either: OwnedFd,
    /// Held, since `either` forgets what is closed.
    _descriptor: OwnedFd,
}

impl CancelToken {
    /// A token that is not cancelled.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            cancelled: AtomicBool::new(false),
            event: event()?,
            source: None,
        })))
    }

    /// A token that is also cancelled once `descriptor` can be read, or its other end is closed: such as
    /// a second descriptor of a token that this code cannot hold itself, since it was compiled by itself.
    /// The other token is not cancelled with this one. Nothing is read from the descriptor.
    ///
    /// To see whether it is cancelled takes a system call.
    ///
    /// # Errors
    /// No descriptor is to be had, or `descriptor` is of a kind that cannot be waited for, such as a file.
    ///
    /// # Source
    /// epoll(7)
    pub fn of_fd(descriptor: OwnedFd) -> io::Result<Self> {
        let event = event()?;
        let either = epoll::create(CreateFlags::CLOEXEC)?;
        for one in [&event, &descriptor] {
            epoll::add(&either, one, EventData::new_u64(0), EventFlags::IN)?;
        }
        Ok(Self(Arc::new(Inner {
            cancelled: AtomicBool::new(false),
            event,
            source: Some(Source {
                either,
                _descriptor: descriptor,
            }),
        })))
    }

    /// Cancels. It neither blocks nor allocates and may be called in a signal handler.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        // The write can only fail if the counter is full, and then it is readable.
        let _ = rustix::io::write(&self.0.event, &1_u64.to_ne_bytes());
    }

    /// Makes the token as it was before it was cancelled, so that work which begins now is not stopped.
    /// What still waits with it may miss that it was cancelled, so nobody should. A token over a
    /// descriptor of somebody else's stays cancelled if that one is.
    pub fn renew(&self) {
        // Reading sets the counter to zero; it fails if it is zero already.
        let _ = rustix::io::read(&self.0.event, &mut [0; 8]);
        self.0.cancelled.store(false, Ordering::Release);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
            || self.0.source.as_ref().is_some_and(|source| {
                let is_cancelled = source.is_ready();
                if is_cancelled {
                    // Whatever becomes of the descriptor.
                    self.cancel();
                }
                is_cancelled
            })
    }
}

impl Source {
    fn is_ready(&self) -> bool {
        const NOW: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 1];
        let ready = epoll::wait(&self.either, &mut events, Some(&NOW));
        ready.is_ok_and(|(ready, _)| !ready.is_empty())
    }
}

impl AsFd for CancelToken {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.0.source {
            None => self.0.event.as_fd(),
            Some(source) => source.either.as_fd(),
        }
    }
}

fn event() -> io::Result<OwnedFd> {
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    Ok(eventfd(0, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, poll};

    #[track_caller]
    fn check(token: &CancelToken, expected: bool) {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut polled = [PollFd::new(token, PollFlags::IN)];
        let is_readable = poll(&mut polled, Some(&now)).unwrap() == 1;
        assert_eq!((token.is_cancelled(), is_readable), (expected, expected));
    }

    #[test]
    fn a_token_over_a_descriptor_is_cancelled_by_it_and_stays_so() {
        let host = CancelToken::new().unwrap();
        let descriptor = host.as_fd().try_clone_to_owned().unwrap();
        let token = CancelToken::of_fd(descriptor).unwrap();
        let clone = token.clone();
        check(&token, false);
        host.cancel();
        check(&clone, true);
        // Also if somebody reads from the descriptor what made it readable.
        rustix::io::read(&host, &mut [0; 8]).unwrap();
        check(&token, true);
    }

    #[test]
    fn a_token_over_a_descriptor_can_be_cancelled_by_itself() {
        let host = CancelToken::new().unwrap();
        let descriptor = host.as_fd().try_clone_to_owned().unwrap();
        let token = CancelToken::of_fd(descriptor).unwrap();
        token.cancel();
        check(&token, true);
        check(&host, false);
    }

    #[test]
    fn a_token_is_cancelled_when_the_other_end_is_closed() {
        let (ours, theirs) = rustix::pipe::pipe().unwrap();
        let token = CancelToken::of_fd(ours).unwrap();
        check(&token, false);
        drop(theirs);
        check(&token, true);
    }

    #[test]
    fn a_token_can_be_renewed() {
        let token = CancelToken::new().unwrap();
        token.renew();
        check(&token, false);
        token.cancel();
        token.cancel();
        token.renew();
        check(&token, false);
        token.cancel();
        check(&token, true);
    }

    #[test]
    fn what_cannot_be_waited_for_makes_no_token() {
        let file = tempfile::tempfile().unwrap();
        assert!(CancelToken::of_fd(file.into()).is_err());
    }
}
