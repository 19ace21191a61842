//! The table of instructions: a line for each case, its name and a number.

use crate::Failure;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// By which part a number may be larger than that of the table: code around the loop moves registers.
const TOLERANCE: f64 = 0.05;

/// The instructions that count for nothing, however small the number.
const SLACK: f64 = 1.0;

const HEAD: &str = "\
# Instructions of one call from a script, without those of its loop, and of one turn of a program, on x86_64.
# Written by `just instructions --update`.
";

/// What is expected.
#[derive(Debug)]
pub struct Table(BTreeMap<String, f64>);

/// What came of a comparison.
#[derive(Debug)]
pub struct Verdict {
    /// Nothing took too many.
    pub passes: bool,
    /// All numbers beside each other.
    pub text: String,
}

impl Table {
    /// The table in a file.
    ///
    /// # Errors
    /// It cannot be read, or a line is not a name and a number.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let row = |line: &str| -> Result<(String, f64), Failure> {
            let (name, count) = line.rsplit_once(' ').ok_or("a name and a number")?;
            Ok((name.trim().to_owned(), count.parse()?))
        };
        let rows = lines.map(|line| row(line).map_err(|e| format!("instructions: {line:?}: {e}")));
        Ok(Self(rows.collect::<Result<_, _>>()?))
    }

    /// The text of a table.
    pub fn write(counts: &BTreeMap<String, f64>) -> String {
        let rows = counts.iter();
        let rows = rows.map(|(name, count)| format!("{name:<20} {count:.1}\n"));
        HEAD.to_owned() + &rows.collect::<String>()
    }

    /// Holds what was measured against the table. What is missing on either side is a failure.
    pub fn compare(&self, measured: &BTreeMap<String, f64>) -> Verdict {
        let mut text = format!("{:<20} {:>9} {:>9}\n", "instructions", "table", "now");
        let mut passes = true;
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(measured.keys()).collect();
        for name in names {
            let shown = |count: Option<&f64>| count.map_or("-".to_owned(), |n| format!("{n:.1}"));
            let (table, now) = (self.0.get(name), measured.get(name));
            let remark = match (table, now) {
                (Some(table), Some(now)) => {
                    let allowed = (table * TOLERANCE).max(SLACK);
                    if now - table > allowed {
                        passes = false;
                        format!("  TOO MANY: {:+.1} %", (now / table - 1.0) * 100.0)
                    } else if table - now > allowed {
                        "  fewer: `just instructions --update` keeps it so".to_owned()
                    } else {
                        String::new()
                    }
                }
                _ => {
                    passes = false;
                    "  NOT IN BOTH".to_owned()
                }
            };
            let (table, now) = (shown(table), shown(now));
            let _ = writeln!(text, "{name:<20} {table:>9} {now:>9}{remark}");
        }
        Verdict { passes, text }
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Table};

    fn verdict(table: &str, now: f64) -> (bool, String) {
        let table = Table::parse(table).unwrap();
        let verdict = table.compare(&BTreeMap::from([("call int".to_owned(), now)]));
        (verdict.passes, verdict.text)
    }

    #[test]
    fn more_than_the_tolerance_fails() {
        let (passes, text) = verdict("# a comment\ncall int 100.0\n", 105.5);
        assert!(!passes && text.contains("TOO MANY: +5.5 %"), "{text}");
        assert!(verdict("call int 100.0\n", 104.5).0);
    }

    #[test]
    fn a_single_instruction_of_few_passes() {
        assert!(verdict("call int 5.0\n", 6.0).0);
        assert!(!verdict("call int 5.0\n", 6.5).0);
    }

    #[test]
    fn fewer_passes_and_is_told() {
        let (passes, text) = verdict("call int 100.0\n", 80.0);
        assert!(passes && text.contains("--update"), "{text}");
    }

    #[test]
    fn what_is_not_in_both_fails() {
        let (passes, text) = verdict("call text 100.0\n", 80.0);
        assert!(!passes);
        assert_eq!(text.matches("NOT IN BOTH").count(), 2, "{text}");
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let counts = BTreeMap::from([
            ("call int".to_owned(), 4.5),
            ("program fib".to_owned(), 90.0),
        ]);
        let table = Table::parse(&Table::write(&counts)).unwrap();
        assert_eq!(table.0, counts);
    }

    #[test]
    fn a_line_without_a_number_is_refused() {
        let error = Table::parse("call int many\n").unwrap_err().to_string();
        assert!(error.contains("call int many"), "{error}");
    }
}
