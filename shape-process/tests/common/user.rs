//! The same tests as an ordinary user, where they are run as root.

use super::trees::warden;
use shape_process::Launcher;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set where the tests are run again.
const AGAIN: &str = "SHAPE_TEST_AGAIN";

/// Runs all tests of this program again as a user without privileges, but for the one of that name,
/// which is the one that calls this. Nothing is done if the tests are not run as root, or setpriv(1) is
/// not there.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "it runs the tests of the engine")]
#[allow(clippy::print_stdout, reason = "it tells what was not tested")]
pub fn run_again_without_privileges(but: &str) {
    if !rustix::process::geteuid().is_root() || std::env::var_os(AGAIN).is_some() {
        return;
    }
    let setpriv = |args: &[&str]| {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(args)
            .current_dir("/")
            .stdin(Stdio::null());
        setpriv
    };
    if !setpriv(&["true"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("setpriv is not there: nothing is tested as another user");
        return;
    }
    // The directories of the build may be closed to others.
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = |program: &Path| -> PathBuf {
        let copy = directory.path().join(program.file_name().unwrap());
        fs::copy(program, &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
        copy
    };
    let Launcher::Warden { helper } = warden() else {
        unreachable!()
    };
    let tests = copy(&std::env::current_exe().unwrap());
    let output = setpriv(&[tests.to_str().unwrap(), "--skip", but])
        .env("SHAPE_TESTCHILD", copy(shape_testchild::path()))
        .env("SHAPE_TEST_WARDEN", copy(&helper))
        .env(AGAIN, "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
