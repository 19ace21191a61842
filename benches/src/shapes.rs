//! The shapes of a call, each as a loop in a script.

/// A call of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What it is called in tables.
    pub name: &'static str,
    /// What stands in the loop. The variables are those of [`Shape::script`].
    body: &'static str,
}

impl Shape {
    /// A loop without a call, which is to be taken off.
    pub const EMPTY: Self = Self {
        name: "empty",
        body: "",
    };

    /// The calls.
    pub const ALL: [Self; 7] = [
        Self {
            name: "unit",
            body: "b.unit()",
        },
        Self {
            name: "int",
            body: "x = b.int(i)",
        },
        Self {
            name: "length",
            body: "x = b.length(text)",
        },
        Self {
            name: "text",
            body: "made = b.text(text)",
        },
        Self {
            name: "lengths",
            body: "x = b.lengths(texts)",
        },
        Self {
            name: "handle",
            body: "x = b.count(handle)",
        },
        Self {
            name: "record",
            body: "x += b.record(i).status",
        },
    ];

    /// A script that goes around as often as the function `rounds` of the module `turns` says.
    #[must_use]
    pub fn script(&self) -> String {
        let body = self.body;
        format!(
            r#"use bench as b
use turns as t
fn main(n: int) {{
    let text = "abcdefgh01234567"
    let texts = ["item-0-012345678", "item-1-012345678", "item-2-012345678", "item-3-012345678",
        "item-4-012345678", "item-5-012345678", "item-6-012345678", "item-7-012345678"]
    let handle = b.open()
    let mut x = 0
    let mut made = ""
    for i in 0..n {{ {body} }}
    x + made.len()
}}
main(t.rounds())"#
        )
    }
}
