//! Command lines and what is read in them.

use super::Presence::{Absent, Possible, Present};
use super::*;
use proptest::prelude::*;

/// Words from a line: `*` is a word that is not known, `…` operands.
fn words(line: &str) -> Vec<Word<'_>> {
    line.split_whitespace()
        .map(|word| match word {
            "*" => Word::Unknown,
            "…" => Word::Operands,
            text => Word::Text(OsStr::new(text).into()),
        })
        .collect()
}

fn read<T>(line: &str, look: impl FnOnce(&CommandLine<'_>) -> T) -> T {
    let (program, arguments) = line.split_once(' ').unwrap_or((line, ""));
    look(&scan(Syntax::of(OsStr::new(program)), &words(arguments)))
}

/// Checks whether `line` has an option.
#[track_caller]
fn check(line: &str, option: &str, expected: Presence) {
    let found = read(line, |line| line.has(option));
    assert_eq!(found, expected, "{option} of {line}");
}

/// Checks whether the first operands of `line` are those of `operands`.
impl CommandLine<'_> {
    /// Whether the first `count` operands pass `test`, which is given the position and the text.
    ///
    /// [`Presence::Present`] if they do however the line is read, [`Presence::Absent`] if they cannot.
    fn operands_match(
        &self,
        count: usize,
        mut test: impl FnMut(usize, &OsStr) -> bool,
    ) -> Presence {
        // The positions that the next operand may have.
        let mut positions = vec![0];
        let mut could_match = count == 0;
        let mut could_fail = false;
        for operand in &self.operands {
            if positions.is_empty() {
                break;
            }
            let Word::Text(text) = operand.word else {
                return Presence::Possible;
            };
            let mut next = match operand.presence {
                Presence::Present => Vec::new(),
                _ => positions.clone(),
            };
            for position in positions.iter().filter(|position| **position < count) {
                match test(*position, text) {
                    true if position + 1 == count => could_match = true,
                    true if !next.contains(&(position + 1)) => next.push(position + 1),
                    true => {}
                    false => could_fail = true,
                }
            }
            positions = next;
        }
        could_fail |= positions.iter().any(|position| *position < count);
        if count == 0 {
            return Presence::Present;
        }
        match (could_match, could_fail) {
            (true, false) => Presence::Present,
            (true, true) => Presence::Possible,
            (false, _) => Presence::Absent,
        }
    }

    /// How many operands there are: at least, and at most if that is known.
    fn operand_count(&self) -> (usize, Option<usize>) {
        let proven = |operand: &&Operand<'_>| operand.presence == Presence::Present;
        let least = self.operands.iter().filter(proven).count();
        let is_text = |operand: &Operand<'_>| matches!(operand.word, Word::Text(_));
        let most = self
            .operands
            .iter()
            .all(is_text)
            .then_some(self.operands.len());
        (least, most)
    }
}

#[track_caller]
fn check_operands(line: &str, operands: &str, expected: Presence) {
    let wanted: Vec<&str> = operands.split_whitespace().collect();
    let found = read(line, |line| {
        line.operands_match(wanted.len(), |at, text| text == wanted[at])
    });
    assert_eq!(found, expected, "{operands} of {line}");
}

#[test]
fn every_spelling_of_an_option_is_found() {
    for line in [
        "rm -r x",
        "rm -rf x",
        "rm -fr x",
        "rm -vRf x",
        "rm x -r",
        "rm --recursive x",
        "rm --recurs x",
        "rm -- x --r -f".replace("-- x --r", "--r x").as_str(),
        "/bin/rm -R x",
    ] {
        check(line, "-r", Present);
        check(line, "--recursive", Present);
        check(line, "-i", Absent);
    }
    check("rm -- -r", "-r", Absent);
    check("rm --re", "--force", Absent);
    check("rm -rf x", "-rf", Present);
    check("rm -r -f x", "-rf", Present);
    check("rm -r x", "-rf", Absent);
}

#[test]
fn a_value_is_no_option_and_no_operand() {
    check("git -C -c push", "-c", Absent);
    check_operands("git -C . push", "push", Present);
    check_operands("git -C. push origin", "push origin", Present);
    check_operands("git -c a.b=c --git-dir x push", "push", Present);
    check_operands("git --git-dir=x push", "push", Present);
    check_operands("git commit -m push", "push", Absent);
    check_operands("git commit -mpush -a x", "commit x", Present);
    check_operands("kubectl -n x delete pod", "delete pod", Present);
    check_operands("kubectl delete -n x pod", "delete pod", Present);
    check_operands(
        "docker -H x run --name y alpine rm -rf",
        "run alpine rm -rf",
        Present,
    );
    check("docker run alpine rm --privileged", "--privileged", Absent);
    check("docker run --privileged alpine", "--privileged", Present);
    check("git log --output=/x", "--output", Present);
    check("git log --output /x", "--output", Present);
    check("git log --outp=/x", "--output", Possible);
    check("git log -S --output", "--output", Absent);
    check("find . -name -delete", "-delete", Absent);
    check("find . -name x -delete", "-delete", Present);
    check("find . -exec rm -delete ;", "-delete", Absent);
    check("find . -exec rm {} + -delete", "-delete", Present);
    check(
        "terraform --chdir=x apply -auto-approve",
        "-auto-approve",
        Present,
    );
    check("terraform apply --auto-approve", "-auto-approve", Present);
}

#[test]
fn an_option_that_is_not_listed_leaves_the_next_word_in_doubt() {
    check_operands("git --strange push", "push", Possible);
    check_operands("git --strange=x push", "push", Present);
    check_operands("git --strange push", "pull", Absent);
    check_operands("strange -x push", "push", Possible);
    check_operands("strange push", "push", Present);
    check_operands("strange -x push pull", "pull", Possible);
    check_operands("strange -x push pull", "push pull", Possible);
    check("strange -abc", "-b", Possible);
    check("strange -abc", "-abc", Present);
    check("strange -delete", "-delete", Present);
    check("strange -c", "-c", Present);
    check("strange -c", "-b", Absent);
    check("strange --out x", "--output", Possible);
    check("strange -x -- -y", "-y", Possible);
    check("strange -- -y", "-y", Absent);
    check("strange -x -y", "-y", Possible);
}

#[test]
fn words_that_are_not_known_may_be_anything_or_operands() {
    check("rm *", "-r", Possible);
    check("rm -- *", "-r", Absent);
    check("rm …", "-r", Absent);
    check("rm -f …", "-r", Absent);
    check_operands("git * push", "push", Possible);
    check_operands("git push *", "push", Present);
    check_operands("git push *", "push origin", Possible);
    check_operands("git -C … push", "push", Possible);
    assert_eq!(read("rm a b", |line| line.operand_count()), (2, Some(2)));
    assert_eq!(read("x -a b", |line| line.operand_count()), (0, Some(1)));
    assert_eq!(read("rm a …", |line| line.operand_count()), (2, None));
}

#[test]
fn tar_may_do_without_a_dash() {
    check("tar xf a b", "-x", Present);
    check_operands("tar xf a b", "b", Present);
    check("tar cfI a zstd x", "-I", Present);
    check("tar -x --to-comm=sh", "--to-command", Present);
}

#[test]
fn the_value_of_an_option_is_read() {
    let value = |line: &str, option: &str| {
        read(line, |line| {
            let values = line
                .places(option)
                .map(|(found, _)| format!("{:?}", found.value));
            values.collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(
        value("curl -o x --output=y --output z", "-o"),
        r#"Text("x") Text("y") Text("z")"#
    );
    assert_eq!(value("chmod -Rv 777 /", "-R"), "None");
    assert_eq!(
        value("find . -exec rm {} ; -exec ls {} +", "-exec"),
        "Words(2, 4) Words(6, 8)"
    );
}

#[test]
fn no_table_has_a_spelling_twice() {
    for name in tools::NAMES.split_whitespace() {
        let syntax = tools::find(name.as_bytes()).expect(name);
        let subcommands = match syntax.order {
            Order::Subcommand(known) | Order::SubcommandAnywhere(known) => known,
            Order::Permuted | Order::OperandEnds => &[],
        };
        let tables = subcommands.iter().map(|subcommand| subcommand.options);
        for table in tables.chain([syntax.options]) {
            let mut seen = std::collections::HashSet::new();
            for spelling in entries(table).flat_map(|entry| entry.names.split('|')) {
                assert!(
                    !spelling.is_empty() && seen.insert(spelling),
                    "{name}: {spelling} in {table}"
                );
            }
        }
    }
}

fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![
        "-{0,2}[a-z]{0,4}(=[a-z]?)?",
        prop::sample::select(vec![
            "-exec",
            ";",
            "{}",
            "+",
            "*",
            "…",
            "--",
            "-",
            "push",
            "run",
            "-C",
            "xf",
            "-rf",
            "--git-dir"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn any_words_are_read(
        tool in prop::sample::select(tools::NAMES.split_whitespace().chain(["strange"]).collect::<Vec<_>>()),
        arguments in prop::collection::vec(any_word(), 0..8),
        asked in "-{0,2}[a-z]{0,3}",
    ) {
        let line = format!("{tool} {}", arguments.join(" "));
        let (has, places) = read(&line, |line| (line.has(&asked), line.places(&asked).count()));
        prop_assert!(places == 0 || has != Absent || asked.len() > 2);
        let (least, most) = read(&line, |line| line.operand_count());
        prop_assert!(most.is_none_or(|most| least <= most));
    }

    /// What is proven of a line stays so where a word is replaced by one that is not known, or becomes
    /// possible.
    #[test]
    fn not_knowing_a_word_never_proves_the_opposite(
        tool in prop::sample::select(vec!["git", "rm", "find", "tar", "docker", "strange", "go"]),
        arguments in prop::collection::vec(any_word(), 1..7),
        at in any::<prop::sample::Index>(),
        asked in prop::sample::select(vec!["-r", "-f", "--force", "-exec", "-C", "--git-dir", "-x"]),
    ) {
        let known = format!("{tool} {}", arguments.join(" "));
        let mut less = arguments.clone();
        less[at.index(arguments.len())] = "*".to_owned();
        let less = format!("{tool} {}", less.join(" "));
        let (before, after) = (read(&known, |line| line.has(asked)), read(&less, |line| line.has(asked)));
        prop_assert!(after != Absent || before == Absent, "{known} {before:?} {less} {after:?}");
        prop_assert!(after != Present || before == Present, "{known} {before:?} {less} {after:?}");
    }
}
