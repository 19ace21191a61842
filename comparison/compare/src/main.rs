//! Runs Shape beside other engines, on the same work in the same minutes, and prints the tables.
//!
//! `cargo run --release -p compare`, or with
//!
//! - `--rounds N`: how often each is measured; 11 if not said
//! - `--only calls,programs,startup`: not all of the tables
//! - `--engines shape,lua54`: not all of the engines
//! - `--json`: one JSON object instead of tables

mod build;
mod calls;
mod engines;
mod measure;
mod programs;
mod startup;
mod table;

use serde_json::Value;
use std::process::ExitCode;

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

/// What the command line says.
#[derive(Debug)]
struct Args {
    rounds: usize,
    only: Option<Vec<String>>,
    engines: Option<Vec<String>>,
    json: bool,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut args = Self {
            rounds: 11,
            only: None,
            engines: None,
            json: false,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            let names = |text: String| text.split(',').map(str::to_owned).collect();
            match word.as_str() {
                "--rounds" => args.rounds = value()?.parse().map(|n: usize| n.max(1))?,
                "--only" => args.only = Some(names(value()?)),
                "--engines" => args.engines = Some(names(value()?)),
                "--json" => args.json = true,
                _ => return Err(format!("unknown argument {word}; main.rs lists them").into()),
            }
        }
        Ok(args)
    }

    fn wants(&self, table: &str) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|names| names.iter().any(|name| name == table))
    }

    fn wants_engine(&self, engine: &str) -> bool {
        let engines = self.engines.as_ref();
        engines.is_none_or(|names| names.iter().any(|name| name == engine))
    }
}

/// One part of the result: what is printed, and the same for machines.
struct Report {
    name: &'static str,
    text: String,
    json: Value,
}

fn reports(args: &Args) -> Result<Vec<Report>, Failure> {
    let mut reports = Vec::new();
    if args.wants("calls") {
        reports.push(calls::report(args)?);
    }
    if args.wants("programs") {
        reports.push(programs::report(args)?);
    }
    if args.wants("startup") {
        reports.push(startup::report(args)?);
    }
    Ok(reports)
}

fn main() -> ExitCode {
    let reports = Args::parse(std::env::args().skip(1)).and_then(|args| {
        let reports = reports(&args)?;
        Ok((args, reports))
    });
    match reports {
        Ok((args, reports)) if args.json => {
            let parts = reports.into_iter().map(|r| (r.name.to_owned(), r.json));
            println!("{:#}", Value::Object(parts.collect()));
        }
        Ok((_, reports)) => {
            let texts: Vec<String> = reports.into_iter().map(|report| report.text).collect();
            println!("{}", texts.join("\n"));
        }
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
