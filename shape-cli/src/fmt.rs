//! `shape fmt`

use crate::args::FmtArgs;
use crate::files::Files;
use crate::found;
use crate::report::{self, Status};
use shape_embed::render_diff;
use shape_policy::Quoted;
use shape_syntax::{FormatError, Style, format};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Formats scripts, or says which are not formatted.
pub(crate) fn main(args: &FmtArgs) -> Result<(), Status> {
    if args.paths == [Path::new("-")] {
        return standard_input(args.check);
    }
    let here = [PathBuf::from(".")];
    let paths = match args.paths.is_empty() {
        true => &here[..],
        false => &args.paths,
    };
    let scripts = found::scripts(paths, |_| true)?;
    if scripts.is_empty() {
        report::note("no `*.shape` file is there");
    }
    // All are looked at; the worst says how it went.
    let mut worst = Status::SUCCESS;
    for path in &scripts {
        if let Err(status) = file(path, args.check) {
            worst = Status(worst.0.max(status.0));
        }
    }
    match worst {
        Status::SUCCESS => Ok(()),
        worst => Err(worst),
    }
}

fn standard_input(check: bool) -> Result<(), Status> {
    let mut files = Files::default();
    let file = files
        .open_stdin()
        .map_err(|message| report::usage(&message))?;
    let text = files.text(file);
    let formatted = formatted(&files, file)?;
    match check {
        false => report::print(&formatted),
        true => checked("<stdin>", &text, &formatted),
    }
}

fn file(path: &Path, check: bool) -> Result<(), Status> {
    let mut files = Files::default();
    let file = files
        .open(path)
        .map_err(|message| report::usage(&message))?;
    let text = files.text(file);
    let formatted = formatted(&files, file)?;
    if check {
        return checked(&path.to_string_lossy(), &text, &formatted);
    }
    if *formatted == *text {
        return Ok(());
    }
    replace(path, &formatted).map_err(|error| {
        report::failure(
            &format!("cannot write {}: {error}", Quoted::new(path)),
            None,
        );
        Status::FAILED
    })
}

fn formatted(files: &Files, file: shape_syntax::FileId) -> Result<String, Status> {
    format(file, &files.text(file)).map_err(|error| match error {
        FormatError::Syntax(diagnostics) => {
            report::diagnostics(files.map(), &diagnostics);
            Status::REFUSED
        }
        error => {
            let name = files.map().name(file);
            report::internal(&format!("{name} is left as it is: {error}"))
        }
    })
}

/// Says how a text that is not formatted would be.
fn checked(name: &str, text: &str, formatted: &str) -> Result<(), Status> {
    if text == formatted {
        return Ok(());
    }
    let name = shape_syntax::visible(name);
    let shown = format!(
        "{name} is not formatted:\n{}",
        render_diff(text, formatted, Style::Color)
    );
    report::print_colored(&shown)?;
    Err(Status::FAILED)
}

/// Puts `text` into a file, all or nothing. It stays the same file to links, and keeps its mode.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_new(&new, text, fs::metadata(&path)?.permissions());
    let replaced = written.and_then(|()| fs::rename(&new, &path));
    if replaced.is_err() {
        // What it is about has been found out already.
        let _ = fs::remove_file(&new);
    }
    replaced
}

fn write_new(path: &Path, text: &str, mode: fs::Permissions) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(mode)?;
    file.sync_all()
}
