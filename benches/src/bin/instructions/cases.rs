//! What is counted.

use crate::Failure;
use shape_benches::{Bare, BareError, PROGRAMS, Program, Shape, builtins_and, calls};
use shape_runtime::{Plugin, Registry};
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The name of the loop without a call.
pub const EMPTY: &str = "empty";

/// A script that is run with two sizes: the difference has only what is done in each turn.
pub struct Case {
    /// Its name in the table.
    pub name: String,
    script: Bare,
    rounds: Arc<AtomicI64>,
    sizes: [i64; 2],
    turns: [u64; 2],
}

impl Case {
    /// Runs it once for what is only done the first time, and then with both sizes.
    ///
    /// # Errors
    /// The script fails.
    pub fn run(&self) -> Result<(), Failure> {
        let [small, large] = self.sizes;
        for size in [1, small, large] {
            self.run_that_is_counted(size)?;
        }
        Ok(())
    }

    /// callgrind finds this function by its name, and sees where it ends because its last step is its own.
    #[inline(never)]
    fn run_that_is_counted(&self, size: i64) -> Result<(), BareError> {
        self.rounds.store(size, Ordering::Relaxed);
        let done = self.script.run();
        self.rounds.store(0, Ordering::Relaxed);
        done
    }

    /// The instructions of one turn, of those that its three runs took.
    pub fn per_turn(&self, [_, small, large]: [u64; 3]) -> f64 {
        let turns = self.turns[1] - self.turns[0];
        large.saturating_sub(small) as f64 / turns as f64
    }
}

/// The calls of [`Shape::ALL`], linked and in a plugin, the loop without one, and the programs of [`PROGRAMS`], in this order.
///
/// # Errors
/// The plugin has not been built, or one of the scripts does not compile.
pub fn all() -> Result<Vec<Case>, Failure> {
    let rounds = Arc::new(AtomicI64::new(0));
    let plugin = Plugin::load(&plugin()?)?;
    let linked = builtins_and(&rounds, calls)?;
    let far = builtins_and(&rounds, |registry| plugin.register(registry))?;
    let case = |registry: &Arc<Registry>,
                name: String,
                text: String,
                sizes: [i64; 2],
                turns|
     -> Result<Case, Failure> {
        Ok(Case {
            name,
            script: Bare::new(registry, &text)?,
            rounds: rounds.clone(),
            sizes,
            turns,
        })
    };
    let (sizes, turns) = ([1_000, 3_000], [1_000, 3_000]);
    let mut cases = vec![case(
        &linked,
        EMPTY.to_owned(),
        Shape::EMPTY.script(),
        sizes,
        turns,
    )?];
    for (registry, what) in [(&linked, "call"), (&far, "call plugin")] {
        for shape in Shape::ALL {
            let name = format!("{what} {}", shape.name);
            cases.push(case(registry, name, shape.script(), sizes, turns)?);
        }
    }
    for program in PROGRAMS {
        let sizes = sizes_of(program);
        let turns = sizes.map(|size| turns_of(program, size));
        let name = format!("program {}", program.name);
        cases.push(case(&linked, name, program.script(), sizes, turns)?);
    }
    Ok(cases)
}

/// The library that is built beside this program.
fn plugin() -> Result<PathBuf, Failure> {
    let path = env::current_exe()?.with_file_name("libshape_bench_plugin.so");
    match path.exists() {
        true => Ok(path),
        false => Err(format!(
            "{} is missing: `just instructions` builds it",
            path.display()
        )
        .into()),
    }
}

/// `fib` grows with every step, the others with their number.
fn sizes_of(program: Program) -> [i64; 2] {
    match program.name {
        "fib" => [program.small - 6, program.small - 4],
        _ => [program.small / 4, program.small / 2],
    }
}

/// For `fib` a turn is a call.
fn turns_of(program: Program, size: i64) -> u64 {
    match program.name {
        "fib" => (2..=size).fold([1_u64, 1], |[a, b], _| [b, a + b + 1])[1],
        _ => size.unsigned_abs(),
    }
}
