//! `shape fmt`

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

fn given(folder: &Folder, args: &[&str], input: &str) -> Done {
    let mut command = folder.command(args);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("is a pipe");
    stdin.write_all(input.as_bytes()).expect("is read");
    drop(stdin);
    Done::from(child.wait_with_output().expect("ends"))
}

fn text(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("is text")
}

#[test]
fn files_and_folders_are_formatted_and_keep_their_mode() {
    let folder = Folder::with(&[("a.shape", "#!/usr/bin/env shape\nlet  a=1 // one")]);
    folder.write("in/b.shape", "print( 2 )\n");
    folder.write("in/.hidden/c.shape", "print( 3 )\n");
    folder.write("in/d.txt", "print( 4 )\n");
    let mode = std::fs::Permissions::from_mode(0o750);
    std::fs::set_permissions(folder.join("a.shape"), mode).expect("is set");
    std::os::unix::fs::symlink("a.shape", folder.join("link.shape")).expect("is made");
    folder.shape(&["fmt", "link.shape", "in"]).check(0, "", "");
    let expected = "#!/usr/bin/env shape\nlet a = 1 // one\n";
    assert_eq!(text(&folder, "a.shape"), expected);
    assert!(folder.join("link.shape").is_symlink());
    let mode = folder
        .join("a.shape")
        .metadata()
        .expect("is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o750);
    assert_eq!(text(&folder, "in/b.shape"), "print(2)\n");
    assert_eq!(text(&folder, "in/.hidden/c.shape"), "print( 3 )\n");
    assert_eq!(text(&folder, "in/d.txt"), "print( 4 )\n");
    let left = std::fs::read_dir(folder.path()).expect("is read").count();
    assert_eq!(left, 3, "nothing is left over");
    folder.shape(&["fmt", "--check"]).check(0, "", "");
}

#[test]
fn check_shows_what_would_change_and_changes_nothing() {
    let folder = Folder::with(&[
        ("a.shape", "print(1)\n"),
        ("b.shape", "print(1)\nprint( 2 )\n"),
    ]);
    folder
        .shape(&["fmt", "--check", "a.shape", "b.shape"])
        .check(
            1,
            "b.shape is not formatted:\n  print(1)\n- print( 2 )\n+ print(2)\n",
            "",
        );
    assert_eq!(text(&folder, "b.shape"), "print(1)\nprint( 2 )\n");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::with(&[]);
    given(&folder, &["fmt", "-"], "let a=1;let b=2").check(0, "let a = 1\nlet b = 2\n", "");
    let done = given(&folder, &["fmt", "--check", "-"], "let a=1\n");
    done.check(1, "<stdin> is not formatted:\n- let a=1\n+ let a = 1\n", "");
}

#[test]
fn a_file_with_a_syntax_error_is_left_alone_and_the_others_are_not() {
    let folder = Folder::with(&[("a.shape", "let  x =\n"), ("b.shape", "print( 2 )\n")]);
    let done = folder.shape(&["fmt"]);
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(done.stderr.starts_with("error[E0"), "{done:?}");
    assert!(done.stderr.contains("a.shape:1:"), "{done:?}");
    assert_eq!(text(&folder, "a.shape"), "let  x =\n");
    assert_eq!(text(&folder, "b.shape"), "print(2)\n");
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::with(&[]);
    let done = folder.shape(&["fmt", "none.shape"]);
    done.check(
        2,
        "",
        "error: cannot read \"none.shape\": No such file or directory\n",
    );
    folder
        .shape(&["fmt"])
        .check(0, "", "note: no `*.shape` file is there\n");
}
