//! A terminal to run `shape` on.

use super::{Folder, eventually};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A run with a terminal of its own.
pub struct Sitting {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Sitting {
    pub fn start(folder: &Folder, args: &[&str], typed_ahead: &str) -> Self {
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
        command.current_dir(folder.path());
        for (name, value) in shape.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let stream = || OwnedFd::from(terminal.try_clone().expect("is open"));
        command.stdin(stream()).stdout(stream()).stderr(stream());
        Self {
            child: command.spawn().expect("setsid starts"),
            keyboard,
            screen,
        }
    }

    pub fn shows(&self, text: &str) -> bool {
        self.screen.lock().expect("is whole").contains(text)
    }

    /// Whether nothing came after this.
    pub fn ends_with(&self, text: &str) -> bool {
        self.screen.lock().expect("is whole").ends_with(text)
    }

    pub fn awaits_answer(&self) {
        eventually("the question", || self.shows("/no] "));
        // What is typed before the question is thrown away.
        std::thread::sleep(Duration::from_millis(50));
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("is taken");
    }

    /// The status, and what the screen shows.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = super::as_in_a_shell(self.child.wait().expect("it ends"));
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
