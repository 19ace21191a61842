//! Pairs of instructions that are carried out as one.
//!
//! The first of the pair becomes the fused instruction, which goes on behind the second. The second
//! stays where it is, for those who jump to it, so no index changes. A fused instruction fails as its
//! parts would: the first part where the first stood, a call where the second stands.

use crate::ins::Ins;

/// Fuses what it can in the code of one function.
pub(super) fn fuse(ins: &mut [Ins]) {
    for at in 1..ins.len() {
        if let [.., first, second] = &mut ins[..=at]
            && let Some(fused) = pair(*first, *second, at)
        {
            *first = fused;
        }
    }
}

/// What does the work of both, if anything does; the second stands at `at`.
fn pair(first: Ins, second: Ins, at: usize) -> Option<Ins> {
    let skips = |t: u32| t as usize == at + 1;
    Some(match (first, second) {
        (Ins::SubImm { d, a, imm }, Ins::CallS { s, i }) if d == s => Ins::CallSub {
            s,
            a,
            imm: i16::try_from(imm).ok()?,
            i: u16::try_from(i).ok()?,
        },
        (Ins::AddImm { d, a, imm }, Ins::CallS { s, i }) if d == s => Ins::CallAdd {
            s,
            a,
            imm: i16::try_from(imm).ok()?,
            i: u16::try_from(i).ok()?,
        },
        (Ins::AddI { d, a, b }, Ins::RetPlain { a: x }) if d == x => Ins::RetAdd { a, b },
        (Ins::JGeImm { a, imm, t }, Ins::RetPlain { a: x }) if skips(t) => {
            Ins::RetLtImm { a, x, imm }
        }
        (Ins::JGtImm { a, imm, t }, Ins::RetPlain { a: x }) if skips(t) => {
            Ins::RetLeImm { a, x, imm }
        }
        (Ins::JNeImm { a, imm, t }, Ins::RetPlain { a: x }) if skips(t) => {
            Ins::RetEqImm { a, x, imm }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{compile, unfused};
    use crate::vm::run;
    use crate::{Code, ins::Ins};
    use shape_check::{CheckInput, check};
    use shape_runtime::{Buffering, HostCx, Registry};
    use shape_syntax::{SourceMap, parse};
    use std::io::{self, Write};
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Printed(Arc<Mutex<Vec<u8>>>);

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The code with pairs fused and without, where the script can do without other modules.
    fn both(text: &str, registry: &Registry) -> Option<[Code; 2]> {
        let mut files = SourceMap::new();
        let file = files.add("test.shape", text);
        let (script, wrong) = parse(file, text);
        if !wrong.is_empty() {
            return None;
        }
        let (program, _) = check(CheckInput {
            script: &script,
            file,
            host: registry.decls(),
            sources: &mut files,
        });
        let program = program?;
        let host = registry.decls();
        Some([compile(&program, host), unfused(&program, host)])
    }

    /// All that can be seen of a run.
    fn seen(code: &Code, registry: &Registry) -> String {
        let printed = Printed::default();
        let mut cx = HostCx::new()
            .with_stdout(printed.clone(), Buffering::Block)
            .with_stderr(io::sink(), Buffering::Block);
        let end = match run(code, registry, &mut cx) {
            Ok(outcome) => outcome.value.to_string(),
            Err(error) => format!("{error}\n{:?}\n{:?}", error.span, error.traceback),
        };
        cx.flush().unwrap();
        let printed = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
        format!("{printed}{end}")
    }

    fn fused(code: &Code) -> usize {
        let is_fused = |ins: &&Ins| {
            matches!(
                ins,
                Ins::CallSub { .. }
                    | Ins::CallAdd { .. }
                    | Ins::RetAdd { .. }
                    | Ins::RetLtImm { .. }
                    | Ins::RetLeImm { .. }
                    | Ins::RetEqImm { .. }
            )
        };
        code.funcs
            .iter()
            .flat_map(|func| &func.ins)
            .filter(is_fused)
            .count()
    }

    fn registry() -> Registry {
        let mut registry = Registry::new();
        stdlib_core::register(&mut registry).unwrap();
        registry
    }

    #[test]
    fn a_fused_pair_does_what_its_parts_do() {
        let registry = registry();
        let scripts = [
            // Every fused instruction, taken and not.
            "fn f(n) { if n < 2 { return n }\n f(n - 1) + f(n - 2) }\nprint(f(15))",
            "fn f(n) { if n <= 1 { n } else { f(n - 1) + f(n - 2) } }\nprint(f(15))",
            "fn f(n) { if n == 0 { n } else { f(n - 1) + n } }\nprint(f(15))",
            "fn f(n) { if n == 9 { n } else { f(n + 1) + n } }\nprint(f(-15))",
            // The first part fails, or the second, inside of a `try` and outside.
            "fn f(n) { if n == 0 { n } else { f(n + 1) + n } }\nprint(f(9223372036854775800))",
            "fn f(n) { if n == 0 { n } else { f(n - 1) + n } }\nprint(f(-9223372036854775800))",
            "fn f(n) { if n <= 0 { n } else { 9223372036854775807 + f(n - 1) } }\nprint(f(3))",
            "fn f(n) { if n == 1 { n } else { f(n - 1) + n } }\nprint(f(0))",
            "fn f(n) { if n == 0 { n } else { f(n + 1) + n } }\nprint(try f(9223372036854775800))",
            "fn f(n) { if n == 1 { n } else { f(n - 1) + n } }\nfor i in [0, 5] { print(try f(i)) }",
            // A jump to the second part.
            "fn f(n, b) { let x = if b { n - 1 } else { n + 3 }\n if x < 2 { x } else { f(x, b) + x } }\nprint(f(20, true))",
            "fn f(n) { if n < 2 && n > -5 { return n }\n f(n - 1) + n }\nprint(f(20))",
        ];
        for text in scripts {
            let [fast, plain] = both(text, &registry).expect(text);
            assert!(fused(&fast) > 0 && fused(&plain) == 0, "{fast}");
            assert_eq!(seen(&fast, &registry), seen(&plain, &registry), "{text}");
        }
    }

    #[test]
    fn the_language_is_the_same_with_fused_pairs() {
        let registry = registry();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/spec/lang");
        let (mut compared, mut open) = (0, vec![root]);
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            if let Some([fast, plain]) = both(&text, &registry)
                && fused(&fast) > 0
            {
                assert_eq!(seen(&fast, &registry), seen(&plain, &registry), "{path:?}");
                compared += 1;
            }
        }
        assert!(compared > 5, "{compared} scripts have pairs");
    }
}
