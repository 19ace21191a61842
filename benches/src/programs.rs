//! Programs that keep the machine busy without calling anybody. The comparison with other engines runs some as
//! whole processes, with larger numbers.

/// One of them: a function `program(n)`.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of its file.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// An `n` that takes it about a millisecond.
    pub small: i64,
}

impl Program {
    /// A script that runs it with what the function `rounds` of the module `turns` gives.
    #[must_use]
    pub fn script(&self) -> String {
        format!("use turns as t\n{}\nprogram(t.rounds())\n", self.text)
    }
}

macro_rules! programs {
    ($($name:literal: $small:literal,)*) => {
        [$(Program {
            name: $name,
            text: include_str!(concat!("../programs/", $name, ".shape")),
            small: $small,
        }),*]
    };
}

/// Those whose instructions are counted, and that the comparison with other engines runs.
pub const PROGRAMS: [Program; 6] = programs! {
    "fib": 20,
    "loop": 400_000,
    "append": 10_000,
    "push": 100_000,
    "words": 10_000,
    "sort": 20_000,
};

/// Others, which are only timed.
pub const MORE_PROGRAMS: [Program; 5] = programs! {
    "closures": 30_000,
    "enums": 10_000,
    "fields": 100_000,
    "records": 5_000,
    "sieve": 100_000,
};
