//! The engines of the first table.

/// How an engine runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is compared with the others.
    Shape,
    /// Instructions of its own are looked at one at a time.
    Interpreter,
    /// The processor's instructions are made of the script.
    Compiler,
    /// No script: the functions called from Rust.
    Floor,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    /// Its row.
    pub name: &'static str,
    /// The package of its program.
    pub package: &'static str,
    /// What its program is told.
    pub args: &'static [&'static str],
    /// The package of a library whose path it is told as well.
    pub library: Option<&'static str>,
    /// How it runs a script.
    pub kind: Kind,
}

const fn engine(name: &'static str, package: &'static str, kind: Kind) -> Engine {
    Engine {
        name,
        package,
        args: &[],
        library: None,
        kind,
    }
}

/// All of them, in the order of the table.
pub const ENGINES: [Engine; 12] = [
    engine("shape", "engine-shape", Kind::Shape),
    Engine {
        args: &["plugin"],
        library: Some("engine-shape-plugin"),
        ..engine("plugin", "engine-shape", Kind::Shape)
    },
    engine("starlark", "engine-starlark", Kind::Interpreter),
    engine("rune", "engine-rune", Kind::Interpreter),
    engine("lua54", "engine-lua54", Kind::Interpreter),
    engine("luau", "engine-luau", Kind::Interpreter),
    engine("quickjs", "engine-quickjs", Kind::Interpreter),
    engine("koto", "engine-koto", Kind::Interpreter),
    engine("rhai", "engine-rhai", Kind::Interpreter),
    engine("luajit", "engine-luajit", Kind::Compiler),
    engine("wasmtime", "engine-wasmtime", Kind::Compiler),
    Engine {
        args: &["rust"],
        ..engine("rust", "engine-shape", Kind::Floor)
    },
];
