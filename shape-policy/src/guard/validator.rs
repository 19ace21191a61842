//! The host's own say: code that sees every command and may only narrow.

use super::lock;
use crate::command::{Category, categorize};
use crate::command::{Layer, Word};
use crate::quote::Quoted;
use crate::rules::Decision;
use std::any::Any;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Entries of the history that a validator sees.
const SHOWN: usize = 10;
/// Entries that are kept, of all subjects together.
const KEPT: usize = 100;

/// Code of the host that sees every command after the rules have decided, and before anybody is asked.
///
/// ```
/// use shape_policy::{Context, Narrowing, Validator};
///
/// struct NotAtNight;
///
/// impl Validator for NotAtNight {
///     fn validate(&self, context: &Context<'_>) -> Narrowing {
///         match context.subject() {
///             "nightly" => Narrowing::Deny("nothing runs at night".to_owned()),
///             _ => Narrowing::Keep,
///         }
///     }
/// }
/// ```
pub trait Validator: Send + Sync {
    /// What is to become of the command. A panic in it denies.
    fn validate(&self, context: &Context<'_>) -> Narrowing;

    /// Called after a command has ended. A panic in it goes to the audit and changes nothing.
    fn on_execution(&self, execution: &Execution<'_>) {
        let _ = execution;
    }
}

/// What a [`Validator`] makes of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrowing {
    /// It stays.
    Keep,
    /// Somebody is asked, unless it is denied already; with the reason.
    Ask(String),
    /// It is denied, with the reason.
    Deny(String),
}

/// A command, as a [`Validator`] sees it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub(crate) program: &'a OsStr,
    pub(crate) args: &'a [OsString],
    pub(crate) path: &'a Path,
    pub(crate) cwd: &'a Path,
    pub(crate) changed_variables: &'a [&'a OsStr],
    pub(crate) layers: &'a [Layer<'a>],
    pub(crate) decision: Decision,
    pub(crate) subject: &'a str,
    pub(crate) history: &'a [HistoryEntry],
}

impl<'a> Context<'a> {
    /// The program as it was asked for.
    pub fn program(&self) -> &'a OsStr {
        self.program
    }

    /// The arguments after the program.
    pub fn args(&self) -> &'a [OsString] {
        self.args
    }

    /// The file that would be executed.
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The directory that it would start in.
    pub fn cwd(&self) -> &'a Path {
        self.cwd
    }

    /// The names of the variables that it would get and that the host has not or has otherwise.
    pub fn changed_variables(&self) -> &'a [&'a OsStr] {
        self.changed_variables
    }

    /// All programs that would run as far as they are written out; the first is the one asked for.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = ContextLayer<'a>> {
        self.layers.iter().map(ContextLayer)
    }

    /// What the program that is asked for is for, by its name.
    pub fn category(&self) -> Category {
        categorize(self.program)
    }

    /// What the rules have decided.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Who wants to run it.
    pub fn subject(&self) -> &'a str {
        self.subject
    }

    /// The last commands of the same subject, up to 10, the latest last.
    pub fn history(&self) -> &'a [HistoryEntry] {
        self.history
    }
}

/// One program in a command.
#[derive(Debug, Clone, Copy)]
pub struct ContextLayer<'a>(&'a Layer<'a>);

impl<'a> ContextLayer<'a> {
    /// The program as it is written.
    pub fn program(&self) -> &'a OsStr {
        &self.0.program
    }

    /// The arguments after the program. `None` stands for any number of arguments that are not known.
    pub fn args(&self) -> impl Iterator<Item = Option<&'a OsStr>> {
        self.0.args.iter().map(|word| match word {
            Word::Text(text) => Some(&**text),
            Word::Operands | Word::Unknown => None,
        })
    }

    /// What the program is for, by its name.
    pub fn category(&self) -> Category {
        categorize(&self.0.program)
    }

    /// Why it cannot be known what it is given or what it runs.
    pub fn opaque(&self) -> Option<&'a str> {
        self.0.opaque.as_deref()
    }
}

/// A command of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Who wanted to run it.
    pub subject: String,
    /// The program as it was asked for.
    pub program: OsString,
    /// What the program is for, by its name.
    pub category: Category,
    /// What was decided in the end.
    pub decision: Decision,
}

/// A command that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Execution<'a> {
    /// Who ran it.
    pub subject: &'a str,
    /// The program as it was asked for.
    pub program: &'a OsStr,
    /// The exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// How long it ran.
    pub duration: Duration,
}

/// What was decided of late.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<HistoryEntry>>);

impl History {
    /// Notes what was decided of `program`.
    pub(crate) fn note(&self, subject: &str, program: &OsStr, decision: Decision) {
        let mut entries = lock(&self.0);
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(HistoryEntry {
            subject: subject.to_owned(),
            program: program.to_owned(),
            category: categorize(program),
            decision,
        });
    }

    /// The last ones of `subject`, the latest last.
    pub(crate) fn of(&self, subject: &str) -> Vec<HistoryEntry> {
        let entries = lock(&self.0);
        let own = entries
            .iter()
            .rev()
            .filter(|entry| entry.subject == subject);
        let mut last: Vec<HistoryEntry> = own.take(SHOWN).cloned().collect();
        last.reverse();
        last
    }
}

/// What `validator` makes of the decision in `context`, never a wider one; with the reason if it is
/// another one.
pub(crate) fn validated(
    validator: &dyn Validator,
    context: &Context<'_>,
) -> (Decision, Option<String>) {
    let (decision, reason) = match catch_unwind(AssertUnwindSafe(|| validator.validate(context))) {
        Ok(Narrowing::Keep) => return (context.decision, None),
        Ok(Narrowing::Ask(reason)) => (Decision::Ask, reason),
        Ok(Narrowing::Deny(reason)) => (Decision::Deny, reason),
        Err(panic) => (Decision::Deny, panicked(&*panic)),
    };
    match decision > context.decision {
        true => (decision, Some(reason)),
        false => (context.decision, None),
    }
}

/// Tells `validator` how a command ended; what is to be said of it if it panics.
pub(crate) fn report_execution(
    validator: &dyn Validator,
    execution: &Execution<'_>,
) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| validator.on_execution(execution)))
        .map_err(|panic| panicked(&*panic))
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    match text {
        Some(text) => format!("the validator panicked: {}", Quoted::new(text)),
        None => "the validator panicked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does what it is given, in `validate` as in `on_execution`.
    struct Does<F: Fn(&Context<'_>) -> Narrowing + Send + Sync>(F);

    impl<F: Fn(&Context<'_>) -> Narrowing + Send + Sync> Validator for Does<F> {
        fn validate(&self, context: &Context<'_>) -> Narrowing {
            (self.0)(context)
        }

        fn on_execution(&self, _: &Execution<'_>) {
            panic!("afterwards");
        }
    }

    fn context(decision: Decision, history: &[HistoryEntry]) -> Context<'_> {
        Context {
            program: OsStr::new("/bin/rm"),
            args: &[],
            path: Path::new("/bin/rm"),
            cwd: Path::new("/"),
            changed_variables: &[],
            layers: &[],
            decision,
            subject: "agent",
            history,
        }
    }

    #[track_caller]
    fn check(before: Decision, said: Narrowing, after: Decision, reason: Option<&str>) {
        let validator = Does(move |_| said.clone());
        let (decision, said) = validated(&validator, &context(before, &[]));
        assert_eq!((decision, said.as_deref()), (after, reason));
    }

    #[test]
    fn it_may_only_narrow() {
        use Decision::{Allow, Ask, Deny};
        let ask = || Narrowing::Ask("hm".to_owned());
        let deny = || Narrowing::Deny("no".to_owned());
        for decision in [Allow, Ask, Deny] {
            check(decision, Narrowing::Keep, decision, None);
        }
        check(Allow, ask(), Ask, Some("hm"));
        check(Allow, deny(), Deny, Some("no"));
        check(Ask, ask(), Ask, None);
        check(Ask, deny(), Deny, Some("no"));
        check(Deny, ask(), Deny, None);
    }

    #[test]
    fn a_panic_denies_and_afterwards_it_only_is_told() {
        let validator = Does(|_| panic!("out of order"));
        let (decision, reason) = validated(&validator, &context(Decision::Allow, &[]));
        assert_eq!(decision, Decision::Deny);
        let reason = reason.unwrap();
        assert_eq!(reason, r#"the validator panicked: "out of order""#);

        let execution = Execution {
            subject: "agent",
            program: OsStr::new("rm"),
            exit_code: Some(0),
            signal: None,
            duration: Duration::ZERO,
        };
        let said = report_execution(&validator, &execution).unwrap_err();
        assert_eq!(said, r#"the validator panicked: "afterwards""#);
    }

    #[test]
    fn it_sees_the_last_ten_of_the_same_subject() {
        let history = History::default();
        for number in 0..15 {
            let program = format!("own-{number}");
            history.note("agent", OsStr::new(&program), Decision::Allow);
            history.note("other", OsStr::new("rm"), Decision::Deny);
        }
        let entries = history.of("agent");
        let validator = Does(|context: &Context<'_>| {
            let programs: Vec<&OsString> = context.history().iter().map(|e| &e.program).collect();
            assert_eq!(programs.len(), 10);
            assert_eq!(
                (programs[0].as_os_str(), programs[9].as_os_str()),
                (OsStr::new("own-5"), OsStr::new("own-14"))
            );
            assert_eq!(context.category(), Category::Destructive);
            Narrowing::Keep
        });
        let seen = validated(&validator, &context(Decision::Allow, &entries));
        assert_eq!(seen, (Decision::Allow, None));
        assert!(history.of("nobody").is_empty());
    }
}
