//! A readable difference of two texts.

/// Above this many lines a common middle is no longer looked for.
const MOST_LINES: usize = 1000;

/// Lines only in `expected` behind `-`, lines only in `actual` behind `+`, common ones behind a
/// space.
#[must_use]
pub fn diff(expected: &str, actual: &str) -> String {
    let old: Vec<&str> = expected.split('\n').collect();
    let new: Vec<&str> = actual.split('\n').collect();
    let mut out = String::new();
    let mut show = |sign: char, line: &str| {
        let short: String = line.chars().take(400).collect();
        out.push_str(&format!("  {sign} {short}\n"));
    };
    if old.len() > MOST_LINES || new.len() > MOST_LINES {
        let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        show(' ', &format!("({first} equal lines)"));
        old.iter()
            .skip(first)
            .take(20)
            .for_each(|line| show('-', line));
        new.iter()
            .skip(first)
            .take(20)
            .for_each(|line| show('+', line));
        return out;
    }
    let common = common_lengths(&old, &new);
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            show(' ', old[i]);
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            show('-', old[i]);
            i += 1;
        } else {
            show('+', new[j]);
            j += 1;
        }
    }
    out
}

/// For every pair of suffixes the length of their longest common subsequence.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u16>> {
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_what_is_missing_and_what_is_extra() {
        assert_eq!(diff("a\nb\nc", "a\nc\nd"), "    a\n  - b\n    c\n  + d\n");
    }

    #[test]
    fn of_large_texts_is_short() {
        let shown = diff(&"x\n".repeat(5000), &format!("{}y\n", "x\n".repeat(5000)));
        assert!(shown.starts_with("    (5000 equal lines)\n"), "{shown}");
        assert!(shown.lines().count() < 50);
    }
}
