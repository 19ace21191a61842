//! What somebody who was asked can say.

use crate::trust::{Lifetime, Trust, TrustScope};

/// What an [`Approver`](crate::Approver) said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It may run, this once.
    Yes,
    /// It may run, now and later, as far as this goes.
    Trust(Trust),
    /// It may not run.
    No,
    /// There is nobody who could answer; it may not run.
    Nobody,
}

/// What `said` means where `yes` are the words of a yes and `scopes`, the widest first, may be trusted.
///
/// Exactly the words count, in any case and with blanks around. After `trust` come a scope and a
/// lifetime, in any order, each or none of them; without a scope the widest is meant.
pub(crate) fn parse(said: &[u8], yes: &[&str], scopes: &[TrustScope]) -> Answer {
    let Ok(said) = str::from_utf8(said) else {
        return Answer::No;
    };
    let said = said.to_ascii_lowercase();
    let words: Vec<&str> = said.split_ascii_whitespace().collect();
    if words == yes {
        return Answer::Yes;
    }
    match words.split_first() {
        Some((&"trust", rest)) => trust(rest, scopes).map_or(Answer::No, Answer::Trust),
        _ => Answer::No,
    }
}

fn trust(words: &[&str], scopes: &[TrustScope]) -> Option<Trust> {
    let (mut scope, mut lifetime) = (None, None);
    for word in words {
        let named = scopes.iter().find(|scope| scope.word() == *word);
        let lasting = Lifetime::ALL.into_iter().find(|life| life.word() == *word);
        let is_second = match (named, lasting) {
            (Some(&named), _) => scope.replace(named).is_some(),
            (None, Some(lasting)) => lifetime.replace(lasting).is_some(),
            (None, None) => return None,
        };
        if is_second {
            return None;
        }
    }
    Some(Trust {
        scope: scope.or(scopes.first().copied())?,
        lifetime: lifetime.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[TrustScope] = &[
        TrustScope::Program,
        TrustScope::Subcommand,
        TrustScope::Exact,
    ];

    #[track_caller]
    fn check(said: &str, scopes: &[TrustScope], expected: Answer) {
        assert_eq!(
            parse(said.as_bytes(), &["yes"], scopes),
            expected,
            "{said:?}"
        );
    }

    fn trust(scope: TrustScope, lifetime: Lifetime) -> Answer {
        Answer::Trust(Trust { scope, lifetime })
    }

    #[test]
    fn a_word_counts_in_any_case_with_blanks_around() {
        for yes in ["yes", "YES\n", "  Yes \t\r\n"] {
            check(yes, ALL, Answer::Yes);
        }
        check(" TRUST ", ALL, trust(TrustScope::Program, Lifetime::Always));
    }

    #[test]
    fn everything_else_is_a_no() {
        for no in [
            "",
            "y",
            "no",
            "yes!",
            "yes yes",
            "y es",
            "yes\0",
            "\u{a0}yes",
            "trust me",
            "trusted",
            "trust exact program",
            "trust hour run",
            "trust exact exact",
            "trust exact yes",
            "yes trust",
            "exact trust",
            "trust,exact",
        ] {
            check(no, ALL, Answer::No);
        }
        assert_eq!(parse(b"yes\xff", &["yes"], ALL), Answer::No);
    }

    #[test]
    fn trust_can_be_narrowed_in_any_order() {
        let exact_hour = trust(TrustScope::Exact, Lifetime::Hour);
        check("trust exact hour", ALL, exact_hour);
        check("Trust HOUR\texact\n", ALL, exact_hour);
        check(
            "trust subcommand",
            ALL,
            trust(TrustScope::Subcommand, Lifetime::Always),
        );
        check("trust run", ALL, trust(TrustScope::Program, Lifetime::Run));
        check(
            "trust file program",
            ALL,
            trust(TrustScope::Program, Lifetime::File),
        );
    }

    #[test]
    fn only_what_is_offered_can_be_trusted() {
        let exact = &[TrustScope::Exact];
        check("trust program", exact, Answer::No);
        check("trust", exact, trust(TrustScope::Exact, Lifetime::Always));
        check("trust", &[], Answer::No);
        check("trust exact", &[], Answer::No);
        check("trust run", &[], Answer::No);
    }

    #[test]
    fn a_longer_yes_has_to_be_said_whole() {
        let unseen = |said: &str| parse(said.as_bytes(), &["yes", "unseen"], &[]);
        assert_eq!(unseen(" Yes \t UNSEEN \n"), Answer::Yes);
        for no in [
            "yes",
            "unseen",
            "yesunseen",
            "yes unseen!",
            "yes unseen yes",
        ] {
            assert_eq!(unseen(no), Answer::No, "{no:?}");
        }
    }
}
