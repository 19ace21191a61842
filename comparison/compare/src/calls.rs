//! The first table: what a call costs a script, by its shape.

use crate::build::{here, library, program};
use crate::engines::{ENGINES, Engine, Kind};
use crate::measure::{Rounds, median};
use crate::table::Table;
use crate::{Args, Failure, Report};
use serde_json::{Value, json};
use std::process::Command;

/// The columns.
const SHAPES: [&str; 7] = [
    "f()",
    "f(int)",
    "f(string)",
    "string→string",
    "8 strings",
    "handle.f()",
    "record",
];

/// What was measured of an engine.
struct Row {
    engine: Engine,
    /// Nanoseconds of the loop without a call.
    empty: f64,
    /// Nanoseconds of each call, without those of the loop.
    calls: Vec<f64>,
}

/// Measures all engines, a round of each in turn.
///
/// # Errors
/// One of them does not build or run.
pub fn report(args: &Args) -> Result<Report, Failure> {
    let rows = measure(args)?;
    Ok(Report {
        name: "calls",
        text: text(&rows, args.rounds),
        json: rows.iter().map(json).collect(),
    })
}

fn measure(args: &Args) -> Result<Vec<Row>, Failure> {
    let engines = ENGINES
        .iter()
        .filter(|engine| args.wants_engine(engine.name));
    let mut running = Vec::new();
    for engine in engines {
        let failed = |why: Failure| format!("{}: {why}", engine.name);
        let mut command = Command::new(program(here(), engine.package, engine.package)?);
        command.args(engine.args);
        if let Some(package) = engine.library {
            command.arg(library(here(), package)?);
        }
        let rounds = Rounds::start(&mut command).map_err(failed)?;
        running.push((*engine, rounds, Vec::new()));
    }
    for _ in 0..args.rounds {
        for (engine, rounds, seen) in &mut running {
            let round = rounds
                .round()
                .map_err(|why| format!("{}: {why}", engine.name))?;
            seen.push(round);
        }
    }
    let mut rows = Vec::new();
    for (engine, rounds, seen) in running {
        rounds
            .end()
            .map_err(|why| format!("{}: {why}", engine.name))?;
        rows.push(row(engine, &seen));
    }
    Ok(rows)
}

/// The loop is taken off in each round, so that a slow minute is taken off with it.
fn row(engine: Engine, seen: &[Vec<f64>]) -> Row {
    let column = |at: usize| median(seen.iter().map(|round| round[at] - round[0]).collect());
    Row {
        engine,
        empty: median(seen.iter().map(|round| round[0]).collect()),
        calls: (1..=SHAPES.len()).map(column).collect(),
    }
}

/// The smallest number of each shape among engines of these kinds, with its engine.
fn best<'a>(rows: &'a [Row], kinds: &[Kind]) -> Option<Vec<(f64, &'a str)>> {
    let column = |at: usize| {
        let rows = rows.iter().filter(|row| kinds.contains(&row.engine.kind));
        let cells = rows.map(|row| (row.calls[at], row.engine.name));
        cells.min_by(|a, b| a.0.total_cmp(&b.0))
    };
    (0..SHAPES.len()).map(column).collect()
}

fn text(rows: &[Row], rounds: usize) -> String {
    let mut head = vec!["ns of CPU time per call"];
    head.extend(SHAPES);
    head.extend(["mean", "(loop)"]);
    let mut table = Table::new(&head);
    for row in rows {
        let mut cells: Vec<String> = row.calls.iter().map(|ns| format!("{ns:.1}")).collect();
        cells.push(format!("{:.1}", mean(&row.calls)));
        cells.push(format!("{:.1}", row.empty));
        table.row(row.engine.name, cells);
    }
    let shapes = rows.iter().filter(|row| row.engine.kind == Kind::Shape);
    let bests = [
        ("best interpreter", &[Kind::Interpreter][..]),
        ("best of all", &[Kind::Interpreter, Kind::Compiler][..]),
    ];
    for row in shapes {
        for (name, kinds) in bests {
            let Some(best) = best(rows, kinds) else {
                continue;
            };
            let ratios: Vec<f64> = row
                .calls
                .iter()
                .zip(&best)
                .map(|(a, (b, _))| a / b)
                .collect();
            let cells = ratios
                .iter()
                .zip(&best)
                .map(|(r, (_, who))| format!("{r:.2} {who}"));
            let cells = cells.chain([format!("{:.2}", mean(&ratios))]);
            table.row(&format!("{} / {name}", row.engine.name), cells);
        }
    }
    let note = "the empty loop is taken off; medians of differences";
    format!("Calls ({rounds} rounds, {note})\n\n{}", table.text())
}

fn json(row: &Row) -> Value {
    let shapes = SHAPES.iter().zip(&row.calls);
    let calls: serde_json::Map<_, _> = shapes.map(|(s, ns)| ((*s).to_owned(), json!(ns))).collect();
    json!({
        "engine": row.engine.name,
        "kind": format!("{:?}", row.engine.kind).to_lowercase(),
        "empty_ns": row.empty,
        "calls_ns": calls,
    })
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}
