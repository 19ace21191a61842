use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::time::Instant;

fn set(file: &AtomicFile, content: &str) -> Result<(), StoreError> {
    file.update(|_| Ok((content.as_bytes().to_vec(), ())))
}

fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_and_its_directories_are_made_for_the_user_alone() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("a/b");
    let file = AtomicFile::new(directory.join("state.json"));
    assert_eq!(file.read(), Ok(None));
    assert_eq!(file.stamp(), Ok(None));
    set(&file, "new").unwrap();
    assert_eq!(file.read(), Ok(Some(b"new".to_vec())));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&root.path().join("a")), 0o700);
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(file.path()), 0o600);
    assert_eq!(names_in(&directory), [".state.json.lock", "state.json"]);
}

#[test]
fn a_change_sees_what_was_there() {
    let root = tempfile::tempdir().unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    for expected in ["", "x", "xx"] {
        let seen: String = file
            .update(|old| {
                let old = String::from_utf8(old.unwrap_or_default().to_vec()).unwrap();
                Ok::<_, StoreError>((format!("{old}x").into_bytes(), old))
            })
            .unwrap();
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_change_that_fails_writes_nothing() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Store(StoreError),
        Mine,
    }
    impl From<StoreError> for Failure {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let root = tempfile::tempdir().unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    set(&file, "old").unwrap();
    let before = file.stamp();
    let failed = file.update::<(), _>(|_| Err(Failure::Mine));
    assert_eq!(failed, Err(Failure::Mine));
    assert_eq!(file.stamp(), before);
}

#[test]
fn the_stamp_changes_when_the_content_does_and_only_then() {
    let root = tempfile::tempdir().unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    set(&file, "one").unwrap();
    let first = file.stamp().unwrap();
    set(&file, "one").unwrap();
    assert_eq!(file.stamp().unwrap(), first);
    set(&file, "two").unwrap();
    assert_ne!(file.stamp().unwrap(), first);
}

#[test]
fn the_file_behind_a_link_is_written_and_the_link_stays() {
    let root = tempfile::tempdir().unwrap();
    let real = root.path().join("real");
    fs::create_dir(&real).unwrap();
    symlink("real/state", root.path().join("link")).unwrap();
    symlink("link", root.path().join("second")).unwrap();
    let file = AtomicFile::new(root.path().join("second"));
    set(&file, "through a link to nothing").unwrap();
    set(&file, "through a link").unwrap();
    assert_eq!(
        fs::read_to_string(real.join("state")).unwrap(),
        "through a link"
    );
    assert!(root.path().join("second").is_symlink() && root.path().join("link").is_symlink());
    // The lock is that of the file, whatever it is called.
    assert_eq!(names_in(&real), [".state.lock", "state"]);
}

#[test]
fn links_that_lead_back_are_an_error() {
    let root = tempfile::tempdir().unwrap();
    symlink("b", root.path().join("a")).unwrap();
    symlink("a", root.path().join("b")).unwrap();
    let file = AtomicFile::new(root.path().join("a"));
    let error = set(&file, "x").unwrap_err().to_string();
    assert!(error.contains("symbolic links"), "{error}");
    assert!(file.read().is_err());
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join("pipe");
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, mode, 0).unwrap();
    for path in [pipe, root.path().to_owned(), "/".into()] {
        let file = AtomicFile::new(&path);
        let expected = StoreError::NotAFile { path: path.clone() };
        assert_eq!(file.read(), Err(expected.clone()));
        assert_eq!(set(&file, "x"), Err(expected));
    }
}

#[test]
fn what_is_too_large_is_neither_read_nor_written() {
    let root = tempfile::tempdir().unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    let too_large = vec![b' '; usize::try_from(LIMIT).unwrap() + 1];
    let error = file
        .update(|_| Ok::<_, StoreError>((too_large.clone(), ())))
        .unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
    assert_eq!(file.read(), Ok(None));
    fs::write(file.path(), &too_large[1..]).unwrap();
    assert_eq!(file.read().unwrap().unwrap().len() as u64, LIMIT);
    fs::write(file.path(), &too_large).unwrap();
    assert!(matches!(file.read(), Err(StoreError::TooLarge { .. })));
    assert!(matches!(set(&file, "x"), Err(StoreError::TooLarge { .. })));
    assert_eq!(fs::metadata(file.path()).unwrap().size(), LIMIT + 1);
}

#[test]
fn what_a_killed_writer_left_is_cleaned_up() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(".state.tmp"), "half of somethi").unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    set(&file, "whole").unwrap();
    assert_eq!(names_in(root.path()), [".state.lock", "state"]);
    assert_eq!(file.read(), Ok(Some(b"whole".to_vec())));
}

#[test]
fn a_link_in_the_place_of_the_temporary_file_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let victim = root.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, root.path().join(".state.tmp")).unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    set(&file, "mine").unwrap();
    assert_eq!(fs::read_to_string(victim).unwrap(), "untouched");
    assert_eq!(file.read(), Ok(Some(b"mine".to_vec())));
}

#[test]
fn a_lock_is_not_waited_for_longer_than_its_limit() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::open(&root.path().join("state")).unwrap();
    let take = |limit| Lock::take(&place.directory, OsStr::new(".lock"), &place.path, limit);
    let held = take(Duration::ZERO).unwrap();
    let limit = Duration::from_millis(50);
    let start = Instant::now();
    let error = take(limit).unwrap_err();
    assert!(start.elapsed() >= limit);
    assert_eq!(
        error,
        StoreError::Locked {
            path: root.path().join("state"),
            lock: root.path().join(".lock"),
            waited: limit,
        }
    );
    drop(held);
    take(Duration::ZERO).unwrap();
}

#[test]
fn who_waits_for_a_lock_file_that_is_removed_locks_the_new_one() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::open(&root.path().join("state")).unwrap();
    let name = OsStr::new(".lock");
    let take = |limit| Lock::take(&place.directory, name, &place.path, limit);
    let held = take(Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| take(PATIENCE).unwrap());
        fs::remove_file(root.path().join(".lock")).unwrap();
        drop(held);
        let second = waiting.join().unwrap();
        assert!(take(Duration::ZERO).is_err());
        drop(second);
    });
}

#[test]
fn threads_lose_nothing_of_each_other() {
    let root = tempfile::tempdir().unwrap();
    let file = AtomicFile::new(root.path().join("state"));
    let add = |line: String| {
        file.update(|old| {
            let mut new = old.unwrap_or_default().to_vec();
            new.extend(line.as_bytes());
            Ok::<_, StoreError>((new, ()))
        })
        .unwrap();
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..25).for_each(|n| add(format!("{thread} {n}\n"))));
        }
    });
    let content = String::from_utf8(file.read().unwrap().unwrap()).unwrap();
    let lines: std::collections::BTreeSet<&str> = content.lines().collect();
    assert_eq!(lines.len(), 100);
}
