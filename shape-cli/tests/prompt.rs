//! The question on the terminal, asked on a real one.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A run with a terminal of its own.
struct Sitting {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Sitting {
    fn start(folder: &Folder, args: &[&str], typed_ahead: &str) -> Self {
        let host = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&host).expect("is ours");
        unlockpt(&host).expect("is ours");
        let name = ptsname(&host, Vec::new()).expect("has a name");
        let name = name.into_string().expect("is text");
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .expect("is there");
        let mut keyboard = File::from(host);
        keyboard
            .write_all(typed_ahead.as_bytes())
            .expect("is taken");
        let screen = show(keyboard.try_clone().expect("is open"));
        let shape = folder.command(args);
        // It makes the terminal the controlling one, as a login does.
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait"])
            .arg(shape.get_program())
            .args(shape.get_args());
        command.current_dir(folder.path()).env("NO_COLOR", "1");
        let stream = || OwnedFd::from(terminal.try_clone().expect("is open"));
        command.stdin(stream()).stdout(stream()).stderr(stream());
        Self {
            child: command.spawn().expect("setsid starts"),
            keyboard,
            screen,
        }
    }

    fn shows(&self, text: &str) -> bool {
        self.screen.lock().expect("is whole").contains(text)
    }

    fn awaits_answer(&self) {
        common::eventually("the question", || self.shows("[yes/no]"));
        // What is typed before the question is thrown away.
        std::thread::sleep(Duration::from_millis(50));
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("is taken");
    }

    /// The status, and what the screen shows.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it ends").code();
        std::thread::sleep(Duration::from_millis(50));
        (status, self.screen.lock().expect("is whole").clone())
    }
}

/// Collects what appears on the screen.
fn show(mut host: File) -> Arc<Mutex<String>> {
    let screen = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&screen);
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        // Reading fails while nobody has the terminal open.
        while let Ok(n @ 1..) = host.read(&mut piece) {
            let text = String::from_utf8_lossy(&piece[..n]).into_owned();
            shown.lock().expect("is whole").push_str(&text);
        }
    });
    screen
}

const SCRIPT: &str = "print(\"start\")\n\
    match try io.exec(\"echo\", [\"it\", \"ran\"]) {\n\
    \x20   Ok(o) => print(o.stdout.trim()),\n    Err(e) => print(\"refused:\", e.kind),\n}\n";

fn folder() -> Folder {
    Folder::with(&[("a.shape", SCRIPT)])
}

#[test]
fn yes_runs_the_program() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
    sitting.awaits_answer();
    assert!(
        sitting.shows("start"),
        "what was printed before must be seen"
    );
    assert!(sitting.shows("\"echo\" \"it\" \"ran\""));
    sitting.press("yes\n");
    let (status, screen) = sitting.end();
    assert!(status == Some(0) && screen.contains("it ran"), "{screen}");
}

#[test]
fn everything_else_does_not() {
    for answer in ["no\n", "y\n", "\n", "\x04"] {
        let folder = folder();
        let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
        sitting.awaits_answer();
        sitting.press(answer);
        let (status, screen) = sitting.end();
        assert!(
            status == Some(0) && screen.contains("refused: permission_denied"),
            "{screen}"
        );
    }
}

#[test]
fn an_answer_typed_ahead_does_not_count() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "yes\nyes\n");
    sitting.awaits_answer();
    sitting.press("no\n");
    let (_, screen) = sitting.end();
    assert!(screen.contains("refused: permission_denied"), "{screen}");
}

#[test]
fn an_interrupted_question_ends_the_run() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
    sitting.awaits_answer();
    sitting.press("\x03");
    let (status, screen) = sitting.end();
    assert!(
        status == Some(130) && !screen.contains("refused"),
        "{status:?} {screen}"
    );
}

#[test]
fn who_does_not_want_to_be_asked_is_not() {
    let folder = folder();
    let (status, screen) = Sitting::start(&folder, &["run", "--no-prompt", "a.shape"], "").end();
    assert!(
        status == Some(2) && screen.contains("sys.process"),
        "{screen}"
    );
    let (status, screen) = Sitting::start(&folder, &["run", "-A", "a.shape"], "").end();
    assert!(status == Some(0) && screen.contains("it ran"), "{screen}");
    let args = ["run", "--deny-process=echo", "a.shape"];
    let (status, screen) = Sitting::start(&folder, &args, "").end();
    assert!(status == Some(0) && screen.contains("refused"), "{screen}");
}
