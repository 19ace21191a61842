//! `shape permissions import`: what other tools allow and deny, as rules.
//!
//! Nothing is widened on the way. An entry that allows and has no exact counterpart is left out, and
//! said; one that denies or asks may come to hold for more than it did, never for less.

mod claude;
mod codex;
mod deno;
mod gemini;
mod jsonc;
mod render;
mod rule;
mod starlark;
mod words;

use crate::places::Places;
use crate::plain;
use crate::policy_args::ImportArgs;
use crate::report::{self, Status};
use clap::ValueEnum;
use rule::Import;
use shape_policy::Quoted;
use std::path::{Path, PathBuf};

/// A tool whose settings can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    /// Claude Code: `permissions` of its settings
    Claude,
    /// Codex: `prefix_rule(…)` of its rules
    Codex,
    /// Gemini CLI: tools of its settings, and its policies
    Gemini,
    /// Deno: `permissions` of deno.json
    Deno,
}

/// Prints the rules, and counts on standard error what could not be carried over.
pub(crate) fn main(args: &ImportArgs) -> Result<(), Status> {
    let places = Places::of_this_process();
    let files = match &args.file {
        Some(file) => vec![file.clone()],
        None => args.from.files(&places),
    };
    let mut import = Import::default();
    for file in &files {
        let text = read(file).map_err(|message| report::usage(&message))?;
        args.from
            .read(file, &text, &mut import)
            .map_err(|message| report::usage(&format!("{}:{message}", file.display())))?;
    }
    if files.is_empty() {
        return Err(report::usage(&args.from.has_none(&places)));
    }
    render::check(&mut import);
    report::print(&render::rules(args.from, &files, &import))?;
    report::note(&render::summary(&import));
    Ok(())
}

impl Tool {
    /// The name of the tool as it is written in `--from`.
    fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Deno => "deno",
        }
    }

    /// Where the tool looks for its settings, those that are not there left out.
    fn files(self, places: &Places) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for place in self.places(places) {
            if place.is_dir() {
                found.extend(files_in(&place, self.ending()));
            } else if place.exists() {
                found.push(place);
            }
        }
        found
    }

    /// Files, and directories of such.
    fn places(self, places: &Places) -> Vec<PathBuf> {
        let (in_project, at_home): (&[&str], &[&str]) = match self {
            Self::Claude => (
                &[".claude/settings.json", ".claude/settings.local.json"],
                &[".claude/settings.json"],
            ),
            Self::Codex => (&[], &[".codex/rules"]),
            Self::Gemini => (
                &[".gemini/settings.json", ".gemini/policies"],
                &[".gemini/settings.json", ".gemini/policies"],
            ),
            Self::Deno => (&["deno.json", "deno.jsonc"], &[]),
        };
        let in_project = in_project.iter().map(PathBuf::from);
        let home = places.home();
        let at_home = at_home
            .iter()
            .filter_map(|place| home.map(|home| home.join(place)));
        in_project.chain(at_home).collect()
    }

    /// What the files in a directory of this tool end in.
    fn ending(self) -> &'static str {
        match self {
            Self::Codex => "rules",
            Self::Gemini => "toml",
            Self::Claude | Self::Deno => "json",
        }
    }

    fn has_none(self, places: &Places) -> String {
        let looked_for: Vec<String> = self
            .places(places)
            .iter()
            .map(|place| Quoted::new(place).to_string())
            .collect();
        format!(
            "there are no settings of {} here (looked for {}); name the file",
            self.name(),
            looked_for.join(", ")
        )
    }

    /// Adds what `text` says.
    ///
    /// # Errors
    /// It cannot be understood; `LINE:COLUMN: what`.
    fn read(self, file: &Path, text: &str, import: &mut Import) -> Result<(), String> {
        let is_toml = file.extension().is_some_and(|ending| ending == "toml");
        match self {
            Self::Claude => claude::read(file, text, import),
            Self::Codex => {
                codex::read(file, text, import);
                Ok(())
            }
            Self::Gemini if is_toml => gemini::read_policy(file, text, import),
            Self::Gemini => gemini::read_settings(file, text, import),
            Self::Deno => deno::read(file, text, import),
        }
    }
}

/// The files of a directory with this ending, by name.
fn files_in(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Result<String, String> {
    plain::read(path).map_err(|error| format!("cannot read {}: {error}", Quoted::new(path)))
}
