//! The queue under a scheduler that tries orders of events.

use super::{Bell, Coalescing, Lock, Means, Outcome};
use crate::ask::Answer;
use crate::trust::Trust;
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;
use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
// Of the bookkeeping, which is not what is tried, the scheduler knows nothing.
use std::sync::Mutex as Unscheduled;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

struct Model;

impl Means for Model {
    type Lock<T: Send> = Mutex<T>;
    type Bell = ModelBell;
    type Cancel = ModelCancel;

    fn bell() -> Option<ModelBell> {
        Some(ModelBell::default())
    }

    fn is_cancelled(cancel: &ModelCancel) -> bool {
        cancel.is_cancelled.load(Ordering::SeqCst)
    }
}

impl<T: Send> Lock<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.lock().unwrap())
    }
}

#[derive(Default, Clone)]
struct ModelBell(Arc<(Mutex<bool>, Condvar)>);

impl ModelBell {
    /// Has who waits look again.
    fn nudge(&self) {
        let _locked = self.0.0.lock().unwrap();
        self.0.1.notify_all();
    }
}

impl Bell<ModelCancel> for ModelBell {
    fn ring(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn wait(&self, cancel: Option<&ModelCancel>) {
        if let Some(cancel) = cancel {
            cancel.bells.lock().unwrap().push(self.clone());
        }
        let mut is_rung = self.0.0.lock().unwrap();
        while !*is_rung && !cancel.is_some_and(Model::is_cancelled) {
            is_rung = self.0.1.wait(is_rung).unwrap();
        }
    }
}

#[derive(Default)]
struct ModelCancel {
    is_cancelled: shuttle::sync::atomic::AtomicBool,
    bells: Mutex<Vec<ModelBell>>,
}

impl ModelCancel {
    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        let bells = self.bells.lock().unwrap().clone();
        bells.iter().for_each(ModelBell::nudge);
    }
}

/// What one does when it is its turn to ask.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Says(Answer),
    Panics,
}

fn any_plan() -> Plan {
    match thread_rng().gen_range(0..8) {
        0..3 => Plan::Says(Answer::Yes),
        3 | 4 => Plan::Says(Answer::No),
        5 => Plan::Says(Answer::Nobody),
        6 => Plan::Says(Answer::Trust(Trust::default())),
        _ => Plan::Panics,
    }
}

#[derive(Default)]
struct World {
    queue: Coalescing<Model>,
    is_asking: AtomicBool,
    is_trusted: AtomicBool,
    questions: AtomicUsize,
    /// The answers that are to be shared, in the order in which they were given, and whether the one who
    /// was told has returned: from then on nobody may come to share it.
    noes: Unscheduled<Vec<(Answer, bool)>>,
}

/// What one was told, and where in the list of noes that is.
type Own = Option<(Answer, Option<usize>)>;

impl World {
    fn call(&self, plan: Plan, is_covered: bool, cancel: &ModelCancel) {
        let noes_before = self.noes.lock().unwrap().clone();
        let mut own = None;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.queue.ask(
                OsStr::new("git"),
                Some(cancel),
                &mut || is_covered && self.is_trusted.load(Ordering::SeqCst),
                &mut || self.answer(plan, cancel, &mut own),
            )
        }));
        match outcome {
            Err(_) => assert!(matches!(plan, Plan::Panics)),
            Ok(Outcome::Answered(answer)) => {
                assert_eq!(Some(answer), own.map(|(answer, _)| answer));
                if let Some((_, Some(index))) = own {
                    self.noes.lock().unwrap()[index].1 = true;
                }
            }
            Ok(Outcome::AlreadyTrusted) => {
                assert!(is_covered && own.is_none() && self.is_trusted.load(Ordering::SeqCst));
            }
            Ok(Outcome::SharedNo(answer)) => {
                assert!(own.is_none());
                let noes = self.noes.lock().unwrap().clone();
                let is_over = |index| noes_before.get(index).is_some_and(|(_, is_over)| *is_over);
                let mut noes = noes.iter().enumerate();
                assert!(
                    noes.any(|(index, no)| no.0 == answer && !is_over(index)),
                    "given before it came"
                );
            }
            Ok(Outcome::Cancelled) => assert!(Model::is_cancelled(cancel)),
        }
    }

    fn answer(&self, plan: Plan, cancel: &ModelCancel, own: &mut Own) -> Answer {
        assert!(own.is_none(), "nobody asks twice");
        assert!(
            !self.is_asking.swap(true, Ordering::SeqCst),
            "two questions at a time"
        );
        self.questions.fetch_add(1, Ordering::SeqCst);
        thread::yield_now();
        self.is_asking.store(false, Ordering::SeqCst);
        let answer = match plan {
            // Nothing is said of a panic that is meant.
            Plan::Panics => resume_unwind(Box::new("meant")),
            Plan::Says(_) if Model::is_cancelled(cancel) => Answer::No,
            Plan::Says(answer) => answer,
        };
        let mut index = None;
        match answer {
            Answer::Trust(_) => self.is_trusted.store(true, Ordering::SeqCst),
            Answer::No | Answer::Nobody => {
                let mut noes = self.noes.lock().unwrap();
                index = Some(noes.len());
                noes.push((answer, false));
            }
            Answer::Yes => {}
        }
        *own = Some((answer, index));
        answer
    }
}

fn any_order_of_events() {
    let world = Arc::new(World::default());
    let mut threads = Vec::new();
    for _ in 0..thread_rng().gen_range(3..5) {
        let cancel = Arc::new(ModelCancel::default());
        if thread_rng().gen_range(0..3) == 0 {
            let cancel = Arc::clone(&cancel);
            threads.push(thread::spawn(move || cancel.cancel()));
        }
        let world = Arc::clone(&world);
        let (plan, is_covered) = (any_plan(), thread_rng().gen_range(0..4) > 0);
        threads.push(thread::spawn(move || world.call(plan, is_covered, &cancel)));
    }
    // One that is lost would never end, which the scheduler notices.
    for thread in threads {
        thread.join().unwrap();
    }
    world.queue.state.with(|state| {
        assert!(state.open.is_empty() && state.called.is_empty());
    });
}

/// How many ask when all of `plans` come at once and nothing is cancelled.
fn check_questions(plans: &'static [Plan], expected: fn(usize) -> bool) {
    let run = move || {
        let world = Arc::new(World::default());
        let threads: Vec<_> = plans
            .iter()
            .map(|&plan| {
                let world = Arc::clone(&world);
                thread::spawn(move || world.call(plan, true, &ModelCancel::default()))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let questions = world.questions.load(Ordering::SeqCst);
        assert!(expected(questions), "{questions} questions");
    };
    shuttle::check_random(run, 500);
}

#[test]
fn the_rules_hold_in_any_order_of_events() {
    shuttle::check_random(any_order_of_events, 20_000);
}

#[test]
fn the_rules_hold_where_one_is_much_slower_than_the_others() {
    shuttle::check_pct(any_order_of_events, 20_000, 4);
}

#[test]
fn one_question_is_enough_for_trust() {
    check_questions(&[Plan::Says(Answer::Trust(TRUST)); 4], |asked| asked == 1);
}

#[test]
fn each_yes_has_a_question_of_its_own() {
    check_questions(&[Plan::Says(Answer::Yes); 4], |asked| asked == 4);
}

#[test]
fn each_that_panics_hands_over() {
    check_questions(&[Plan::Panics; 4], |asked| asked == 4);
}

const TRUST: Trust = Trust {
    scope: crate::trust::TrustScope::Program,
    lifetime: crate::trust::Lifetime::Always,
};
