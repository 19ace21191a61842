//! A listing of a compiled program, for people who look for a defect.

use crate::code::{Code, FuncCode};
use std::fmt;

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, func) in self.funcs.iter().enumerate() {
            writeln!(f, "fn {index} {func}")?;
        }
        list(f, "literals", &self.literals)?;
        list(f, "hosts", self.hosts.iter().map(|host| &host.name))
    }
}

impl fmt::Display for FuncCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scalars, values) = self.params;
        writeln!(
            f,
            "{} ({scalars} scalars, {values} values) -> {:?}",
            self.name, self.ret
        )?;
        for (at, ins) in self.ins.iter().enumerate() {
            let text = format!("{ins:?}")
                .replace([',', '{', '}'], "")
                .replace("  ", " ");
            writeln!(f, "{at:5}  {}", text.trim_end())?;
        }
        list(f, "  try", &self.handlers)?;
        list(f, "  place", &self.places)?;
        list(f, "  pieces", &self.pieces)
    }
}

fn list<T: fmt::Debug>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        writeln!(f, "{name} {index}: {item:?}")?;
    }
    Ok(())
}
