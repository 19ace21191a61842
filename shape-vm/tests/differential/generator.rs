//! Made-up programs: nearly all of them are well typed, and each prints what it works on.

use std::fmt::Write as _;

/// A type that made-up expressions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum T {
    Int,
    Number,
    Bool,
    Str,
    Ints,
    Strs,
    Maybe,
    Pair,
    Rec,
    Nest,
    Enum,
    Map,
    Any,
}

const TYPES: [T; 13] = [
    T::Int,
    T::Number,
    T::Bool,
    T::Str,
    T::Ints,
    T::Strs,
    T::Maybe,
    T::Pair,
    T::Rec,
    T::Nest,
    T::Enum,
    T::Map,
    T::Any,
];

impl T {
    fn written(self) -> &'static str {
        match self {
            T::Int => "int",
            T::Number => "number",
            T::Bool => "bool",
            T::Str => "string",
            T::Ints => "Array<int>",
            T::Strs => "Array<string>",
            T::Maybe => "int?",
            T::Pair => "[int, string]",
            T::Rec => "Rec",
            T::Nest => "Nest",
            T::Enum => "Kind",
            T::Map => "HashMap<string, int>",
            T::Any => "int | string | Rec",
        }
    }
}

struct Variable {
    name: String,
    ty: T,
    is_mutable: bool,
}

struct Function {
    name: String,
    params: Vec<T>,
    ret: T,
}

const HEAD: &str = "\
type Rec { x: int, y: number, s: string }
type Nest { rec: Rec, items: Array<int>, pair: [int, string] }
enum Kind { One(int), Two { w: int, s: string }, Bare }
fn any(v: int | string | Rec) -> int | string | Rec { v }
fn maybe(v: int?) -> int? { v }
";

/// Numbers that look as if they came about by chance, and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or(0)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<X: Copy>(&mut self, all: &[X]) -> X {
        all[self.below(all.len())]
    }
}

struct Generator {
    chance: Chance,
    variables: Vec<Variable>,
    functions: Vec<Function>,
    names: usize,
    /// What the function around returns.
    returns: Option<T>,
    /// How many loops are around in this function.
    loops: usize,
    out: String,
    indent: usize,
}

/// The program with this number.
pub fn program(seed: u64) -> String {
    let mut generator = Generator {
        chance: Chance(seed),
        variables: Vec::new(),
        functions: Vec::new(),
        names: 0,
        returns: None,
        loops: 0,
        out: HEAD.to_owned(),
        indent: 0,
    };
    generator.globals();
    for _ in 0..1 + generator.chance.below(4) {
        generator.function();
    }
    let statements = 4 + generator.chance.below(14);
    generator.statements(statements);
    generator.print_all(0);
    generator.out
}

impl Generator {
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Variables that functions use.
    fn globals(&mut self) {
        for ty in [T::Int, T::Ints, T::Rec] {
            let value = self.leaf(ty);
            let name = self.name("g");
            self.line(&format!("let mut {name} = {value}"));
            self.declare(name, ty, true);
        }
    }

    fn declare(&mut self, name: String, ty: T, is_mutable: bool) {
        self.variables.push(Variable {
            name,
            ty,
            is_mutable,
        });
    }

    fn function(&mut self) {
        let name = self.name("f");
        let params: Vec<T> = (0..1 + self.chance.below(3))
            .map(|_| self.chance.pick(&TYPES))
            .collect();
        let ret = self.chance.pick(&TYPES);
        let outer = self.variables.len();
        let mut head = format!("fn {name}(left: int");
        for ty in &params {
            let param = self.name("p");
            // Some are templates.
            let _ = match self.chance.one_in(3) && *ty != T::Maybe && *ty != T::Any {
                true => write!(head, ", {param}"),
                false => write!(head, ", {param}: {}", ty.written()),
            };
            self.declare(param, *ty, false);
        }
        self.line(&format!("{head}) -> {} {{", ret.written()));
        self.indent += 1;
        let base = self.leaf(ret);
        self.line(&format!("if left <= 0 {{ return {base} }}"));
        let loops = std::mem::take(&mut self.loops);
        self.returns = Some(ret);
        self.functions.push(Function {
            name: name.clone(),
            params,
            ret,
        });
        let statements = 1 + self.chance.below(5);
        self.statements(statements);
        let value = self.expr(ret, 3);
        self.line(&value);
        self.indent -= 1;
        self.line("}");
        self.returns = None;
        self.loops = loops;
        self.variables.truncate(outer);
    }

    fn statements(&mut self, n: usize) {
        for _ in 0..n {
            self.statement();
        }
    }

    /// Statements in braces, whose variables are forgotten.
    fn block(&mut self, n: usize) {
        let outer = self.variables.len();
        self.indent += 1;
        self.statements(n);
        self.indent -= 1;
        self.variables.truncate(outer);
    }

    fn print_all(&mut self, from: usize) {
        let names: Vec<String> = self.variables[from..]
            .iter()
            .map(|v| v.name.clone())
            .collect();
        if !names.is_empty() {
            self.line(&format!("print({})", names.join(", ")));
        }
    }

    fn mutable(&mut self, ty: T) -> Option<String> {
        let found = self.variables.iter().filter(|v| v.ty == ty && v.is_mutable);
        let names: Vec<String> = found.map(|v| v.name.clone()).collect();
        (!names.is_empty()).then(|| names[self.chance.below(names.len())].clone())
    }

    fn statement(&mut self) {
        let deep = self.indent > 3;
        match self.chance.below(if deep { 12 } else { 20 }) {
            0..=2 => {
                let ty = self.chance.pick(&TYPES);
                let value = self.expr(ty, 3);
                let name = self.name("v");
                let is_mutable = self.chance.one_in(2);
                let word = if is_mutable { "let mut" } else { "let" };
                self.line(&format!("{word} {name}: {} = {value}", ty.written()));
                self.declare(name, ty, is_mutable);
            }
            3..=5 => self.assignment(),
            6 => {
                let ty = self.chance.pick(&TYPES);
                let value = self.expr(ty, 3);
                self.line(&format!("print({value})"));
            }
            7 => {
                let ty = self.chance.pick(&TYPES);
                let value = self.expr(ty, 3);
                self.line(&format!(
                    "match (try {{ {value} }}) {{ Ok(got) => print(got), Err(e) => print(e.kind, e.message) }}"
                ));
            }
            8 => self.destructuring(),
            9 if self.loops > 0 => {
                let condition = self.expr(T::Bool, 2);
                let word = self.chance.pick(&["break", "continue"]);
                self.line(&format!("if ({condition}) {{ {word} }}"));
            }
            10 if self.returns.is_some() => {
                let ty = self.returns.unwrap_or(T::Int);
                let (condition, value) = (self.expr(T::Bool, 2), self.expr(ty, 2));
                self.line(&format!("if ({condition}) {{ return {value} }}"));
            }
            9..=11 => self.closure(),
            12..=14 => {
                let condition = self.expr(T::Bool, 3);
                self.line(&format!("if ({condition}) {{"));
                let n = 1 + self.chance.below(3);
                self.block(n);
                if self.chance.one_in(2) {
                    self.line("} else {");
                    self.block(n);
                }
                self.line("}");
            }
            15 => {
                let counter = self.name("i");
                let limit = self.chance.below(6);
                let (open, close) = self.chance.pick(&[("0..", ""), ("0..=", ""), ("-2..", "")]);
                self.line(&format!("for {counter} in {open}{limit}{close} {{"));
                self.looped(Some((counter, T::Int)));
            }
            16 => {
                let (ty, item) = self.chance.pick(&[(T::Ints, T::Int), (T::Strs, T::Str)]);
                let source = self.expr(ty, 2);
                let name = self.name("e");
                self.line(&format!("for {name} in ({source}) {{"));
                self.looped(Some((name, item)));
            }
            17 => {
                let counter = self.name("w");
                let limit = self.chance.below(6);
                self.line(&format!("let mut {counter} = 0"));
                self.line(&format!("while {counter} < {limit} {{"));
                self.indent += 1;
                self.line(&format!("{counter} += 1"));
                self.indent -= 1;
                self.looped(Some((counter, T::Int)));
            }
            _ => {
                let value = self.expr(T::Enum, 2);
                self.line(&format!("match ({value}) {{"));
                self.indent += 1;
                for (pattern, bound) in [
                    ("Kind::One(n) => {", T::Int),
                    ("Kind::Two { w: _, s: n } => {", T::Str),
                    ("Kind::Bare => {", T::Bool),
                ] {
                    let name = self.name("m");
                    self.line(
                        &pattern
                            .replace("n)", &format!("{name})"))
                            .replace("s: n", &format!("s: {name}")),
                    );
                    let outer = self.variables.len();
                    if bound != T::Bool {
                        self.declare(name, bound, false);
                    }
                    self.block(1);
                    self.variables.truncate(outer);
                    self.line("}");
                }
                self.indent -= 1;
                self.line("}");
            }
        }
    }

    fn looped(&mut self, variable: Option<(String, T)>) {
        let outer = self.variables.len();
        if let Some((name, ty)) = variable {
            self.declare(name, ty, false);
        }
        self.loops += 1;
        let n = 1 + self.chance.below(3);
        self.block(n);
        self.loops -= 1;
        self.variables.truncate(outer);
        self.line("}");
    }

    fn assignment(&mut self) {
        let ty = self.chance.pick(&TYPES);
        let Some(name) = self.mutable(ty) else {
            return;
        };
        let int = self.expr(T::Int, 2);
        let index = self.index();
        let line = match (ty, self.chance.below(4)) {
            (T::Int, 0 | 1) => {
                let op = self
                    .chance
                    .pick(&["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="]);
                format!("{name} {op} {int}")
            }
            (T::Number, 0 | 1) => format!("{name} += {}", self.expr(T::Number, 2)),
            (T::Str, 0 | 1) => format!("{name} = {name} + {}", self.expr(T::Str, 1)),
            (T::Ints, 0) => format!("{name}.push({int})"),
            (T::Ints, 1) => format!("{name}[{index}] = {int}"),
            (T::Ints, 2) => format!("{name}[{index}] += {int}"),
            (T::Strs, 0) => format!("{name}.push({})", self.expr(T::Str, 2)),
            (T::Strs, 1) => format!("{name}[{index}] = {}", self.expr(T::Str, 2)),
            (T::Rec, 0) => format!("{name}.x += {int}"),
            (T::Rec, 1) => format!("{name}.s = {}", self.expr(T::Str, 2)),
            (T::Rec, 2) => format!("{name}.y = {}", self.expr(T::Number, 2)),
            (T::Nest, 0) => format!("{name}.rec.x = {int}"),
            (T::Nest, 1) => format!("{name}.items[{index}] += {int}"),
            (T::Nest, 2) => format!("{name}.items.push({int})"),
            (T::Map, 0 | 1) => format!("{name}.set({}, {int})", self.expr(T::Str, 1)),
            (T::Map, 2) => format!("{name}[{}] = {int}", self.expr(T::Str, 1)),
            _ => format!("{name} = {}", self.expr(ty, 3)),
        };
        // What is out of range or overflows must not end every program.
        if self.chance.one_in(12) {
            self.line(&line);
        } else {
            self.line(&format!("let _ = try {{ {line} }}"));
        }
    }

    fn destructuring(&mut self) {
        let (a, b) = (self.name("d"), self.name("d"));
        match self.chance.below(3) {
            0 => {
                let value = self.expr(T::Pair, 2);
                self.line(&format!("let [{a}, {b}] = {value}"));
                self.declare(a, T::Int, false);
                self.declare(b, T::Str, false);
            }
            1 => {
                let value = self.expr(T::Rec, 2);
                self.line(&format!("let {{ x: {a}, y: {b} }} = {value}"));
                self.declare(a, T::Int, false);
                self.declare(b, T::Number, false);
            }
            _ => {
                let value = self.expr(T::Ints, 2);
                self.line(&format!(
                    "let [{a}, ...{b}] = [{}].concat({value})",
                    self.names
                ));
                self.declare(a, T::Int, false);
                self.declare(b, T::Ints, false);
            }
        }
    }

    /// A closure that changes a variable around it, and calls of it.
    fn closure(&mut self) {
        let Some(target) = self.mutable(T::Int) else {
            return;
        };
        let name = self.name("c");
        let step = self.expr(T::Int, 1);
        self.line(&format!(
            "let {name} = |by| {{ {target} = ({target} ^ by) & 65535; {target} + ({step} & 255) }}"
        ));
        for _ in 0..1 + self.chance.below(2) {
            let by = self.chance.below(100);
            self.line(&format!("print({name}({by}), {target})"));
        }
    }

    fn index(&mut self) -> String {
        match self.chance.below(6) {
            0 => self.expr(T::Int, 1),
            1 => "-1".to_owned(),
            2 => "9".to_owned(),
            n => (n - 3).to_string(),
        }
    }

    fn leaf(&mut self, ty: T) -> String {
        let known: Vec<&str> = self
            .variables
            .iter()
            .filter(|v| v.ty == ty)
            .map(|v| &*v.name)
            .collect();
        if !known.is_empty() && !self.chance.one_in(4) {
            return known[self.chance.below(known.len())].to_owned();
        }
        let n = self.chance.below(9);
        match ty {
            T::Int => self
                .chance
                .pick(&[
                    "0",
                    "1",
                    "2",
                    "-1",
                    "7",
                    "300",
                    "100000",
                    "9223372036854775807",
                    "(-9223372036854775807 - 1)",
                ])
                .to_owned(),
            T::Number => self
                .chance
                .pick(&["0.0", "1.5", "-2.25", "1e9", "3.0"])
                .to_owned(),
            T::Bool => self.chance.pick(&["true", "false"]).to_owned(),
            T::Str => self
                .chance
                .pick(&["\"\"", "\"a\"", "\"key\"", "\"Zürich\"", "\"a b\""])
                .to_owned(),
            T::Ints => self
                .chance
                .pick(&["[]", "[1]", "[3, 1, 2]", "[5, -5, 0, 5]"])
                .to_owned(),
            T::Strs => self
                .chance
                .pick(&["[]", "[\"x\"]", "[\"b\", \"a\", \"c\"]"])
                .to_owned(),
            T::Maybe => self
                .chance
                .pick(&["maybe(None)", "maybe(4)", "maybe(-1)"])
                .to_owned(),
            T::Pair => format!("[{n}, \"p{n}\"]"),
            T::Rec => format!("(Rec {{ x: {n}, y: {n}.5, s: \"r{n}\" }})"),
            T::Nest => format!(
                "(Nest {{ rec: Rec {{ x: {n}, y: 0.5, s: \"n\" }}, items: [{n}, 1], pair: [{n}, \"q\"] }})"
            ),
            T::Enum => match n % 3 {
                0 => format!("Kind::One({n})"),
                1 => format!("(Kind::Two {{ w: {n}, s: \"two\" }})"),
                _ => "Kind::Bare".to_owned(),
            },
            T::Map => format!("HashMap().set(\"a\", {n}).set(\"key\", 1)"),
            T::Any => match n % 3 {
                0 => format!("any({n})"),
                1 => format!("any(\"any{n}\")"),
                _ => format!("any(Rec {{ x: {n}, y: 1.5, s: \"any\" }})"),
            },
        }
    }

    fn expr(&mut self, ty: T, depth: usize) -> String {
        if depth == 0 || self.chance.one_in(5) {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        match self.chance.below(12) {
            0 => {
                let c = self.expr(T::Bool, depth);
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                return format!("(if ({c}) {{ {a} }} else {{ {b} }})");
            }
            1 => {
                if let Some(call) = self.call(ty, depth) {
                    return call;
                }
            }
            2 => {
                let other = self.chance.pick(&TYPES);
                let name = self.name("t");
                let value = self.expr(other, depth);
                let annotation = other.written();
                self.declare(name.clone(), other, false);
                let result = self.expr(ty, depth);
                self.variables.pop();
                return format!("({{ let {name}: {annotation} = {value}; {result} }})");
            }
            3 => {
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                let n = self.expr(T::Int, depth);
                return format!(
                    "(match ({n}) {{ 0 => {a}, n where n > 3 => {b}, _ => {} }})",
                    self.leaf(ty)
                );
            }
            4 if ty != T::Maybe => {
                let value = self.expr(ty, depth);
                let or = self.leaf(ty);
                return format!("(match (try {{ {value} }}) {{ Ok(v) => v, Err(_) => {or} }})");
            }
            _ => {}
        }
        self.own(ty, depth)
    }

    fn call(&mut self, ty: T, depth: usize) -> Option<String> {
        let found = self.functions.iter().position(|f| f.ret == ty)?;
        let (name, params) = {
            let function = &self.functions[found];
            (function.name.clone(), function.params.clone())
        };
        // Who is inside counts down.
        let is_inside = self.returns.is_some();
        let mut call = match is_inside {
            true => format!("{name}(left - 1"),
            false => format!("{name}({}", self.chance.below(3)),
        };
        for param in params {
            let arg = self.expr(param, depth);
            let _ = write!(call, ", {arg}");
        }
        call.push(')');
        Some(call)
    }

    /// What only values of this type are made by.
    fn own(&mut self, ty: T, depth: usize) -> String {
        let choice = self.chance.below(8);
        macro_rules! e {
            ($ty:ident) => {
                self.expr(T::$ty, depth)
            };
        }
        match (ty, choice) {
            (T::Int, 0..=2) => {
                let op = self
                    .chance
                    .pick(&["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]);
                format!("({} {op} {})", e!(Int), e!(Int))
            }
            (T::Int, 3) => format!("{}.len()", e!(Ints)),
            (T::Int, 4) => format!("({} ?? {})", e!(Maybe), e!(Int)),
            (T::Int, 5) => format!("{}.x", e!(Rec)),
            (T::Int, 6) => format!(
                "(match ({}) {{ Kind::One(n) => n, Kind::Two {{ w, s }} => w + s.len(), Kind::Bare => {} }})",
                e!(Enum),
                e!(Int)
            ),
            (T::Int, _) => {
                let pick = self.chance.below(6);
                match pick {
                    0 => format!("{}.reduce(|a, b| (a ^ b) + 1, {})", e!(Ints), e!(Int)),
                    1 => format!("({}.get({}) ?? {})", e!(Map), e!(Str), e!(Int)),
                    2 => format!(
                        "(match ({}) {{ n: int => n, s: string => s.len(), r: Rec => r.x }})",
                        e!(Any)
                    ),
                    3 => {
                        let index = self.index();
                        format!("{}[{index}]", e!(Ints))
                    }
                    4 => format!("{}.pair[0]", e!(Nest)),
                    _ => format!("-{}", e!(Int)),
                }
            }
            (T::Number, 0..=2) => {
                let op = self.chance.pick(&["+", "-", "*", "/"]);
                format!("({} {op} {})", e!(Number), e!(Number))
            }
            (T::Number, 3) => format!("({} + 0.5)", e!(Int)),
            (T::Number, 4) => format!("{}.y", e!(Rec)),
            (T::Number, _) => format!("-{}", e!(Number)),
            (T::Bool, 0) => format!("({} && {})", e!(Bool), e!(Bool)),
            (T::Bool, 1) => format!("({} || {})", e!(Bool), e!(Bool)),
            (T::Bool, 2) => format!("!{}", e!(Bool)),
            (T::Bool, 3) => {
                let ty = self.chance.pick(&TYPES);
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                format!("({a} == {b})")
            }
            (T::Bool, 4) => format!("({} != None)", e!(Maybe)),
            (T::Bool, 5) => format!("({} < {})", e!(Str), e!(Str)),
            (T::Bool, _) => {
                let op = self.chance.pick(&["<", "<=", ">", ">=", "==", "!="]);
                let ty = self.chance.pick(&[T::Int, T::Number]);
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                format!("({a} {op} {b})")
            }
            (T::Str, 0 | 1) => format!("({} + {})", e!(Str), e!(Str)),
            (T::Str, 2 | 3) => {
                let ty = self.chance.pick(&TYPES);
                let value = self.leaf(ty);
                format!("to_string({value})")
            }
            (T::Str, 4) => format!("{}.toUpperCase()", e!(Str)),
            (T::Str, 5) => format!("{}.s", e!(Rec)),
            (T::Str, 6) => format!("{}.join(\"-\")", e!(Strs)),
            (T::Str, _) => format!("f\"<{{{}}}>\"", self.leaf(T::Int).replace('"', "")),
            (T::Ints, 0) => format!("[{}, {}]", e!(Int), e!(Int)),
            (T::Ints, 1) => format!("{}.map(|v| (v & 1023) * 3 - ({} & 15))", e!(Ints), e!(Int)),
            (T::Ints, 2) => format!("{}.filter(|v| v != {})", e!(Ints), e!(Int)),
            (T::Ints, 3) => format!("{}.concat({})", e!(Ints), e!(Ints)),
            (T::Ints, 4) => format!("[v / 2 for v in {} if v > {}]", e!(Ints), e!(Int)),
            (T::Ints, 5) => format!("{}.sort()", e!(Ints)),
            (T::Ints, 6) => format!("{}.items", e!(Nest)),
            (T::Ints, _) => format!("{}.push({})", e!(Ints), e!(Int)),
            (T::Strs, 0 | 1) => format!("[{}, {}]", e!(Str), e!(Str)),
            (T::Strs, 2) => format!("{}.map(|v| v + {})", e!(Strs), e!(Str)),
            (T::Strs, 3) => format!("{}.map(|v| to_string(v))", e!(Ints)),
            (T::Strs, 4) => format!("{}.keys()", e!(Map)),
            (T::Strs, _) => format!("{}.reverse()", e!(Strs)),
            (T::Maybe, 0 | 1) => format!("maybe({})", e!(Int)),
            (T::Maybe, 2 | 3) => format!("{}.find(|v| v > {})", e!(Ints), e!(Int)),
            (T::Maybe, 4) => format!("{}.get({})", e!(Map), e!(Str)),
            (T::Maybe, _) => format!("{}.first()", e!(Ints)),
            (T::Pair, 0) => format!("{}.pair", e!(Nest)),
            (T::Pair, _) => format!("[{}, {}]", e!(Int), e!(Str)),
            (T::Rec, 0) => format!("{}.rec", e!(Nest)),
            (T::Rec, 1..=3) => format!("({{ ...{}, x: {} }})", e!(Rec), e!(Int)),
            (T::Rec, _) => format!(
                "Rec {{ x: {}, y: {}, s: {} }}",
                e!(Int),
                e!(Number),
                e!(Str)
            ),
            (T::Nest, 0..=2) => format!("({{ ...{}, items: {} }})", e!(Nest), e!(Ints)),
            (T::Nest, _) => format!(
                "(Nest {{ rec: {}, items: {}, pair: {} }})",
                e!(Rec),
                e!(Ints),
                e!(Pair)
            ),
            (T::Enum, 0..=2) => format!("Kind::One({})", e!(Int)),
            (T::Enum, _) => format!("(Kind::Two {{ w: {}, s: {} }})", e!(Int), e!(Str)),
            (T::Map, _) => format!("{}.set({}, {})", e!(Map), e!(Str), e!(Int)),
            (T::Any, 0..=2) => format!("any({})", e!(Int)),
            (T::Any, 3..=5) => format!("any({})", e!(Str)),
            (T::Any, _) => format!("any({})", e!(Rec)),
        }
    }
}
