//! `shape repl`, on a terminal and off it.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder, Sitting, eventually, is_alive};
use std::os::unix::fs::PermissionsExt as _;

fn typed(input: &str) -> Done {
    Folder::with(&[]).shape_with_input(&["repl"], input)
}

#[test]
fn inputs_go_on_where_the_last_one_ended() {
    typed("let mut n = 40\nn += 2\nn\nlet s = \"42\"\ns\n[s, s]\n'c'\nn + 1\n").check(
        0,
        "42\n\"42\"\n[\"42\", \"42\"]\n'c'\n43\n",
        "",
    );
    // What is open goes on in the next line.
    typed("fn f(x) {\n\n  x * 2\n}\nf(\n 21)\n\"\"\"\n a\n b\n\"\"\"\n").check(
        0,
        "42\n\"a\\nb\"\n",
        "",
    );
    typed("print(\"only printed\")\n()\nNone").check(0, "only printed\nNone\n", "");
}

#[test]
fn an_input_that_fails_changes_nothing() {
    let done = typed("let mut xs = [1]\nxs.push(2); xs[7] + 1\nxs\nnope\nxs\n");
    assert_eq!(done.status, Some(1), "{done:?}");
    assert_eq!(done.stdout, "[1]\n[1]\n", "{done:?}");
    for part in [
        "out of range",
        "<input 2>:1:13",
        "undefined variable `nope`",
    ] {
        assert!(done.stderr.contains(part), "{part}: {done:?}");
    }
}

#[test]
fn the_end_is_the_scripts_or_that_of_its_lines() {
    typed("exit(7)\nprint(1)\n").check(7, "", "");
    typed(":quit\nprint(1)\n").check(0, "", "");
    typed("").check(0, "", "");
}

#[test]
fn commands_tell_types_and_what_functions_do() {
    typed("let xs = [1.5]\n:type xs.map(|x| [x, \"a\"])\n:t print(1)\nxs\n").check(
        0,
        "Array<[number, string]>\n()\n[1.5]\n",
        "",
    );
    let done = typed(":help\n:help string.trim\n:help io.exec\n");
    done.check_says(&[
        ":type EXPR",
        "std::core::string::trim(",
        "std::core::io::exec(",
    ]);
    let done = typed(":nonsense\n:help nosuchthing\n:type\n1\n");
    assert_eq!((done.status, &*done.stdout), (Some(1), "1\n"), "{done:?}");
    assert!(done.stderr.contains("no command `:nonsense`"), "{done:?}");
    let folder = Folder::with(&[("lib.shape", "fn twice(x) { x * 2 }\n")]);
    folder
        .shape_with_input(&["repl"], ":load lib.shape\ntwice(21)\n")
        .check(0, "42\n", "");
}

#[test]
fn permissions_are_those_of_run() {
    let folder = Folder::with(&[]);
    let input = "io.exec(\"echo\", [\"ran\"]).stdout\nprint(\"on\")\n";
    let done = folder.shape_with_input(&["repl"], input);
    assert_eq!((done.status, &*done.stdout), (Some(1), "on\n"), "{done:?}");
    assert!(done.stderr.contains("sys.process"), "{done:?}");
    folder
        .shape_with_input(&["repl", "--allow-process=echo"], input)
        .check(0, "\"ran\\n\"\non\n", "");
}

#[test]
fn programs_live_across_inputs() {
    let folder = Folder::with(&[]);
    let input =
        "let cat = io.spawn(\"cat\")\ncat\nio.write(cat, \"a line\\n\")\nio.read_line(cat)\n";
    let done = folder.shape_with_input(&["repl", "-A"], input);
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.stdout.contains("<io_handle:cat:open>\n"), "{done:?}");
    assert!(done.stdout.contains("a line"), "{done:?}");
}

/// What the editor writes last before it waits for keys: the cursor is behind the prompt.
const READY: &str = "> \r\x1b[2C\x1b[?2026l";

fn sit(folder: &Folder, args: &[&str]) -> Sitting {
    let sitting = Sitting::start(folder, &[&["repl"], args].concat(), "");
    eventually("the prompt", || sitting.ends_with(READY));
    sitting
}

/// Types an input, and waits for what comes of it.
#[track_caller]
fn say(sitting: &mut Sitting, input: &str, answer: &str) {
    sitting.press(input);
    sitting.press("\r");
    eventually(answer, || sitting.shows(answer) && sitting.ends_with(READY));
}

#[test]
fn a_person_types_and_leaves() {
    let folder = Folder::with(&[]);
    let mut sitting = sit(&folder, &[]);
    say(&mut sitting, "let a = 20", "> ");
    say(&mut sitting, "f\"is {a + 1}\"", "\"is 21\"");
    // It goes on in the next line.
    sitting.press("if a > 1 {\r");
    say(&mut sitting, "a * 100 } else { 0 }", "2000");
    // Up fetches the last input.
    say(&mut sitting, "let a = 3", "> ");
    sitting.press("\x1b[A\x1b[A\r");
    eventually("the last but one", || {
        sitting.shows("\n300") && sitting.ends_with(READY)
    });
    sitting.press("\x04");
    let (status, screen) = sitting.end();
    assert_eq!(status, Some(0), "{screen}");
    let history = folder.state("history");
    let text = std::fs::read_to_string(&history).expect("is written");
    assert!(text.contains("let a = 20"), "{text}");
    let mode = std::fs::metadata(&history)
        .expect("is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn tab_completes() {
    let folder = Folder::with(&[]);
    let mut sitting = sit(&folder, &[]);
    say(&mut sitting, "type Person { surname: string }", "> ");
    say(
        &mut sitting,
        "let somebody = Person { surname: \"Ada\" }",
        "> ",
    );
    say(&mut sitting, "someb\t.sur\t.toUpperCase()", "\"ADA\"");
    say(&mut sitting, "somebody.surname.starts_w\t(\"A\")", "true");
    sitting.press(":qu\t\r");
    let (status, screen) = sitting.end();
    assert_eq!(status, Some(0), "{screen}");
}

#[test]
fn ctrl_c_ends_what_runs_and_nothing_else() {
    let folder = Folder::with(&[]);
    let mut sitting = sit(&folder, &["-A"]);
    say(&mut sitting, "let mut n = 5", "> ");
    say(
        &mut sitting,
        "let cat = io.spawn(\"cat\"); print(\"pid\", cat)",
        "pid <io",
    );
    sitting.press("print(\"be\" + \"gins\"); n = 6; loop { n += 0 }\r");
    eventually("begins", || sitting.shows("begins"));
    sitting.press("\x03");
    let is_interrupted = || sitting.shows("interrupted") && sitting.ends_with(READY);
    eventually("interrupted", is_interrupted);
    say(&mut sitting, "n * 111", "555");
    // What waits is ended too, and what was running before goes on.
    sitting.press("print(\"wa\" + \"its\"); io.exec(\"sleep\", [\"1000\"])\r");
    eventually("waits", || sitting.shows("waits"));
    sitting.press("\x03");
    say(&mut sitting, "\"still \" + \"here\"", "still here");
    say(
        &mut sitting,
        "io.write(cat, \"al\" + \"ive\\n\"); io.read_line(cat)",
        "alive",
    );
    // At the prompt it gives up what was typed.
    sitting.press("n = 999");
    eventually("what was typed", || sitting.ends_with("n = 999"));
    sitting.press("\x03");
    eventually("the next prompt", || sitting.ends_with(READY));
    say(&mut sitting, "n * 1111", "5555");
    sitting.press("\x04");
    let (status, screen) = sitting.end();
    assert_eq!(status, Some(0), "{screen}");
}

#[test]
fn programs_are_asked_about_as_in_run() {
    let folder = Folder::with(&[]);
    let mut sitting = sit(&folder, &[]);
    sitting.press("io.exec(\"echo\", [\"it\", \"ran\"]).stdout\r");
    sitting.awaits_answer();
    sitting.press("yes\n");
    eventually("its output", || {
        sitting.shows("\"it ran\\n\"") && sitting.ends_with(READY)
    });
    sitting.press("\x04");
    assert_eq!(sitting.end().0, Some(0));
}

#[test]
fn what_was_started_ends_with_it() {
    let folder = Folder::with(&[]);
    let input = "let sleeper = io.spawn(\"sh\", [\"-c\", \"echo $$; exec sleep 1000\"])\nprint(io.read_line(sleeper))\n";
    let done = folder.shape_with_input(&["repl", "-A"], input);
    assert_eq!(done.status, Some(0), "{done:?}");
    let pid: String = done.stdout.chars().filter(char::is_ascii_digit).collect();
    assert!(!pid.is_empty() && !is_alive(&pid), "{done:?}");
}
