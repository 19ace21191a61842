//! Answers that were given beforehand.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use shape_policy::{Answer, Policy, ProcessGrant, Recorded};
use std::sync::Arc;

fn approves(approver: Recorded, programs: &[&str]) -> (Vec<bool>, Vec<String>) {
    let approver = Arc::new(approver);
    let policy = Policy::asking(ProcessGrant::none(), approver.clone());
    let approved = programs
        .iter()
        .map(|program| policy.approve(Command::new(*program)).is_ok())
        .collect();
    (approved, approver.questions())
}

#[test]
fn answers_are_given_in_order_and_then_no_more() {
    let approver = Recorded::default()
        .answer(Answer::Yes)
        .answer(Answer::No)
        .answer(Answer::Yes);
    let (approved, questions) = approves(approver, &["sh"; 5]);
    assert_eq!(approved, [true, false, true, false, false]);
    assert_eq!(questions.len(), 5);
    assert!(
        questions
            .iter()
            .all(|question| question.contains("command    \"sh\""))
    );
}

#[test]
fn an_answer_about_a_program_is_kept_for_it() {
    let approver = Recorded::default()
        .answer_about("ls", Answer::Yes)
        .answer_about("sh", Answer::No)
        .answer(Answer::Yes);
    let (approved, _) = approves(approver, &["sh", "sh", "ls", "ls"]);
    assert_eq!(approved, [false, true, true, false]);
}
