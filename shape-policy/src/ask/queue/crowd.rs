//! The queue with many real threads.

use super::{Outcome, Queue};
use crate::ask::Answer;
use crate::cancel::CancelToken;
use crate::trust::Trust;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// Numbers that look random, the same ones for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[derive(Default)]
struct Program {
    is_asking: AtomicBool,
    is_trusted: AtomicBool,
    /// The answers to be shared, and whether the one who was told has returned.
    noes: Mutex<Vec<(Answer, bool)>>,
}

const THREADS: usize = 200;
const PROGRAMS: usize = 20;

#[test]
fn the_rules_hold_for_a_crowd() {
    for seed in 1..=5 {
        let queue = Queue::default();
        let programs: Vec<Program> = (0..PROGRAMS).map(|_| Program::default()).collect();
        let tokens: Vec<CancelToken> = (0..THREADS).map(|_| CancelToken::new().unwrap()).collect();
        let start = Barrier::new(THREADS + 1);
        thread::scope(|scope| {
            for (number, token) in tokens.iter().enumerate() {
                let (queue, program) = (&queue, &programs[number % PROGRAMS]);
                let (start, name) = (&start, OsString::from((number % PROGRAMS).to_string()));
                let mut numbers = Numbers((seed << 32) + number as u64 + 1);
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..3 {
                        call(queue, &name, program, token, &mut numbers);
                    }
                });
            }
            let mut numbers = Numbers(seed);
            start.wait();
            for _ in 0..THREADS / 4 {
                tokens[numbers.below(THREADS as u64) as usize].cancel();
                thread::yield_now();
            }
        });
        let state = queue.state.lock().unwrap();
        assert!(state.open.is_empty() && state.called.is_empty());
    }
}

fn call(
    queue: &Queue,
    name: &OsString,
    program: &Program,
    token: &CancelToken,
    numbers: &mut Numbers,
) {
    let (noes_before, plan) = (program.noes.lock().unwrap().clone(), numbers.below(8));
    let (mut own, mut index) = (None, None);
    let mut ask = || {
        assert!(!program.is_asking.swap(true, Ordering::SeqCst));
        thread::yield_now();
        program.is_asking.store(false, Ordering::SeqCst);
        let answer = match plan {
            _ if token.is_cancelled() => Answer::No,
            0..4 => Answer::Yes,
            4 => Answer::No,
            5 => Answer::Nobody,
            6 => Answer::Trust(Trust::default()),
            _ => resume_unwind(Box::new("meant")),
        };
        match answer {
            Answer::Trust(_) => program.is_trusted.store(true, Ordering::SeqCst),
            Answer::No | Answer::Nobody => {
                let mut noes = program.noes.lock().unwrap();
                index = Some(noes.len());
                noes.push((answer, false));
            }
            Answer::Yes => {}
        }
        own = Some(answer);
        answer
    };
    let mut is_trusted = || program.is_trusted.load(Ordering::SeqCst);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        queue.ask(name, Some(token), &mut is_trusted, &mut ask)
    }));
    match outcome {
        Err(_) => assert_eq!(plan, 7),
        Ok(Outcome::Answered(answer)) => {
            assert_eq!(Some(answer), own);
            if let Some(index) = index {
                program.noes.lock().unwrap()[index].1 = true;
            }
        }
        Ok(Outcome::AlreadyTrusted) => assert!(own.is_none() && is_trusted()),
        Ok(Outcome::SharedNo(answer)) => {
            assert!(own.is_none());
            let noes = program.noes.lock().unwrap();
            let is_over = |index| noes_before.get(index).is_some_and(|(_, is_over)| *is_over);
            let mut noes = noes.iter().enumerate();
            assert!(noes.any(|(index, no)| no.0 == answer && !is_over(index)));
        }
        Ok(Outcome::Cancelled) => assert!(token.is_cancelled()),
    }
}

/// A queue in which the first caller asks until it is told the answer; and what became of the waiters.
fn with_open_question(
    waiters: usize,
    answer: Answer,
    while_open: impl FnOnce(&[CancelToken], &mpsc::Receiver<Outcome>),
) -> (Vec<Outcome>, usize) {
    let (queue, name) = (Queue::default(), OsString::from("git"));
    let (questions, is_trusted) = (AtomicUsize::new(0), AtomicBool::new(false));
    let tokens: Vec<CancelToken> = (0..waiters).map(|_| CancelToken::new().unwrap()).collect();
    let (asked, is_asked) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let (done, outcomes) = mpsc::channel();
    let mut all = Vec::new();
    thread::scope(|scope| {
        let (queue, name) = (&queue, &name);
        let (questions, is_trusted) = (&questions, &is_trusted);
        scope.spawn(move || {
            queue.ask(name, None, &mut || false, &mut || {
                questions.fetch_add(1, Ordering::SeqCst);
                asked.send(()).unwrap();
                released.recv().unwrap();
                let is_trust = matches!(answer, Answer::Trust(_));
                is_trusted.store(is_trust, Ordering::SeqCst);
                answer
            })
        });
        is_asked.recv().unwrap();
        for token in &tokens {
            let done = done.clone();
            scope.spawn(move || {
                let mut covered = || is_trusted.load(Ordering::SeqCst);
                let outcome = queue.ask(name, Some(token), &mut covered, &mut || {
                    questions.fetch_add(1, Ordering::SeqCst);
                    Answer::Yes
                });
                done.send(outcome).unwrap();
            });
        }
        while queue.state.lock().unwrap().open[name].len() < waiters {
            thread::yield_now();
        }
        while_open(&tokens, &outcomes);
        release.send(()).unwrap();
        drop(done);
        all.extend(outcomes);
    });
    (all, questions.into_inner())
}

#[test]
fn trust_releases_all_who_wait() {
    let (outcomes, questions) = with_open_question(5, Answer::Trust(Trust::default()), |_, _| {});
    assert_eq!(outcomes, [Outcome::AlreadyTrusted; 5]);
    assert_eq!(questions, 1);
}

#[test]
fn a_no_is_shared_by_all_who_wait() {
    for no in [Answer::No, Answer::Nobody] {
        let (outcomes, questions) = with_open_question(5, no, |_, _| {});
        assert_eq!(outcomes, [Outcome::SharedNo(no); 5]);
        assert_eq!(questions, 1);
    }
}

#[test]
fn a_yes_is_shared_by_nobody() {
    let (outcomes, questions) = with_open_question(5, Answer::Yes, |_, _| {});
    assert_eq!(outcomes, [Outcome::Answered(Answer::Yes); 5]);
    assert_eq!(questions, 6);
}

#[test]
fn one_who_waits_can_be_cancelled_alone() {
    let (outcomes, questions) = with_open_question(3, Answer::Yes, |tokens, outcomes| {
        tokens[1].cancel();
        let first = outcomes.recv_timeout(Duration::from_secs(60));
        assert_eq!(first, Ok(Outcome::Cancelled));
    });
    assert_eq!(outcomes, [Outcome::Answered(Answer::Yes); 2]);
    assert_eq!(questions, 3);
}

#[test]
fn a_no_is_not_remembered() {
    let (queue, name) = (Queue::default(), OsString::from("git"));
    let ask = |answer| queue.ask(&name, None, &mut || false, &mut || answer);
    assert_eq!(ask(Answer::No), Outcome::Answered(Answer::No));
    assert_eq!(ask(Answer::Yes), Outcome::Answered(Answer::Yes));
}

#[test]
fn who_is_cancelled_while_it_asks_hands_over() {
    let (queue, name) = (Queue::default(), OsString::from("git"));
    let token = CancelToken::new().unwrap();
    let (asked, is_asked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let (queue, name, token) = (&queue, &name, &token);
        let leader = scope.spawn(move || {
            queue.ask(name, Some(token), &mut || false, &mut || {
                asked.send(()).unwrap();
                released.recv().unwrap();
                Answer::No
            })
        });
        is_asked.recv().unwrap();
        let waiter = scope.spawn(|| queue.ask(name, None, &mut || false, &mut || Answer::Yes));
        while queue.state.lock().unwrap().open[name].is_empty() {
            thread::yield_now();
        }
        token.cancel();
        release.send(()).unwrap();
        assert_eq!(leader.join().unwrap(), Outcome::Cancelled);
        assert_eq!(waiter.join().unwrap(), Outcome::Answered(Answer::Yes));
    });
}

#[test]
fn programs_do_not_wait_for_each_other() {
    let queue = Queue::default();
    let both = Barrier::new(2);
    thread::scope(|scope| {
        for name in ["git", "make"] {
            let (queue, both) = (&queue, &both);
            scope.spawn(move || {
                let mut ask = || {
                    // Neither question ends before both are open.
                    both.wait();
                    Answer::Yes
                };
                queue.ask(name.as_ref(), None, &mut || false, &mut ask)
            });
        }
    });
}
