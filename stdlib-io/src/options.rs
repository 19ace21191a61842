//! The options of what runs programs, and the specs that they make.

use shape_process::{Limits, Overflow, Spec, Stdin};
use shape_runtime::{Bytes, Entries, List, Nanos, record, union};
use shape_value::Str;
use std::ffi::OsString;
use std::num::NonZero;
use std::time::Duration;

union! {
    /// What a program reads as its input.
    #[derive(Clone, Debug)]
    pub enum Input {
        /// Text.
        Text(Str),
        /// Bytes.
        Bytes(Bytes),
    }
}

impl Input {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Bytes(bytes) => bytes.to_vec(),
        }
    }
}

record! {
    /// What every single process of a command may use.
    #[derive(Clone, Debug)]
    pub struct ResourceLimits in named "Limits" {
        /// Time on the processor.
        pub cpu: Option<Nanos> = None,
        /// Bytes of address space.
        pub memory: Option<i64> = None,
        /// Open descriptors.
        pub files: Option<i64> = None,
        /// Processes of the user.
        pub processes: Option<i64> = None,
    }
}

/// The option records share most fields, and what is made of them. Those that one has of its own are
/// applied by functions of the same names; `beside` are those that say nothing about a single
/// program.
macro_rules! options {
    (
        $(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $ty:ty = $default:expr),* }
        beside { $($(#[$beside_meta:meta])* $beside:ident: $beside_ty:ty = $beside_default:expr),* }
    ) => {
        record! {
            $(#[$meta])*
            #[derive(Clone, Debug)]
            pub struct $name in {
                /// The directory to start in; the script's own one if absent.
                pub cwd: Option<Str> = None,
                /// Environment variables to add or replace.
                pub env: Entries<Str, Str> = (),
                /// Inherited environment variables to leave out.
                pub env_remove: Vec<Str> = [],
                /// Whether to leave out all inherited environment variables.
                pub env_clear: bool = false,
                /// The input, then its end.
                pub stdin: Option<Input> = None,
                /// Where the input comes from: `null`, `pipe`, `inherit`, or the path of a file.
                pub stdin_from: Option<Str> = None,
                /// Whether it is an error if `stdin` is not read to its end.
                pub require_stdin: bool = false,
                /// How long it may take.
                pub timeout: Option<Nanos> = None,
                /// How long it may write nothing.
                pub idle_timeout: Option<Nanos> = None,
                /// The time between `TERM` and `KILL`.
                pub kill_grace: Nanos = shape_process::DEFAULT_KILL_GRACE,
                /// The most bytes of a stream to keep unread.
                pub max_output: i64 = shape_process::DEFAULT_MAX_OUTPUT.cast_signed(),
                /// What more output than that does: `error`, `truncate` or `spill`.
                pub overflow: Str = "error",
                /// Whether to keep every piece of output with its time.
                pub transcript: bool = false,
                /// Whether lines that are written over are kept as a terminal shows them in the end.
                pub fold_progress: bool = false,
                /// What each process may use.
                pub limits: Option<ResourceLimits> = None,
                $($(#[$own_meta])* pub $own: $ty = $default,)*
                $($(#[$beside_meta])* pub $beside: $beside_ty = $beside_default,)*
            }
        }

        impl $name {
            /// The options as `spec` takes them.
            ///
            /// # Errors
            /// What is wrong with one of them.
            pub(crate) fn apply(&self, spec: Spec) -> Result<Spec, String> {
                let mut spec = self.apply_but_input(spec)?;
                if let Some(stdin) = stdin(self.stdin.as_ref(), self.stdin_from.as_deref())? {
                    spec = spec.stdin(stdin);
                }
                if self.require_stdin {
                    spec = spec.require_stdin();
                }
                Ok(spec)
            }

            /// As [`apply`](Self::apply), for a program whose input comes from elsewhere.
            ///
            /// # Errors
            /// What is wrong with one of them.
            pub(crate) fn apply_but_input(&self, mut spec: Spec) -> Result<Spec, String> {
                if let Some(cwd) = &self.cwd {
                    spec = spec.cwd(cwd.as_str());
                }
                for name in &self.env_remove {
                    spec = spec.env_remove(name.as_str());
                }
                for (name, value) in &self.env.0 {
                    spec = spec.env(name.as_str(), value.as_str());
                }
                if self.env_clear {
                    spec = spec.env_clear();
                }
                if let Some(timeout) = self.timeout {
                    spec = spec.timeout(time("timeout", timeout)?);
                }
                if let Some(timeout) = self.idle_timeout {
                    spec = spec.idle_timeout(time("idle_timeout", timeout)?);
                }
                if self.transcript {
                    spec = spec.transcript();
                }
                if self.fold_progress {
                    spec = spec.fold_progress();
                }
                if let Some(limits) = &self.limits {
                    spec = spec.limits(limits.limits()?);
                }
                $(spec = $own(spec, &self.$own)?;)*
                Ok(spec
                    .kill_grace(time("kill_grace", self.kill_grace)?)
                    .max_output(count("max_output", self.max_output)?)
                    .overflow(overflow(&self.overflow)?))
            }

            /// Whether the program reads the script's own input.
            pub(crate) fn inherits_input(&self) -> bool {
                self.stdin.is_none() && self.stdin_from.as_deref() == Some("inherit")
            }
        }
    };
}

options! {
    /// How `spawn` starts a program.
    SpawnOptions {
        /// Whether standard error goes into standard output.
        merge_stderr: bool = false,
        /// Whether it outlives the script.
        detached: bool = false
    } beside {}
}

options! {
    /// How `exec` runs a program.
    ExecOptions {
        /// Whether standard error goes into standard output.
        merge_stderr: bool = false,
        /// The exit codes that are no error; any if absent.
        accept: Option<Vec<i64>> = None
    } beside {}
}

options! {
    /// How `pipeline` runs programs.
    PipelineOptions {
        /// The exit codes that are no error; any if absent.
        accept: Option<Vec<i64>> = None
    } beside {}
}

options! {
    /// How `exec_all` runs programs.
    ExecAllOptions {
        /// Whether standard error goes into standard output.
        merge_stderr: bool = false,
        /// The exit codes that are no error; any if absent.
        accept: Option<Vec<i64>> = None
    } beside {
        /// How many run at a time; as many as there are processors if absent.
        concurrency: Option<i64> = None
    }
}

impl ExecAllOptions {
    /// How many are to run at a time.
    ///
    /// # Errors
    /// It is not a number of programs.
    pub(crate) fn concurrency(&self) -> Result<usize, String> {
        match self.concurrency {
            None => Ok(std::thread::available_parallelism().map_or(1, NonZero::get)),
            Some(number @ 1..) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            Some(number) => Err(format!("`concurrency` is {number}, but must be 1 or more")),
        }
    }
}

impl ResourceLimits {
    fn limits(&self) -> Result<Limits, String> {
        let number = |name, limit: Option<i64>| limit.map(|limit| count(name, limit)).transpose();
        let cpu = self.cpu.map(|cpu| time("limits.cpu", cpu)).transpose();
        Ok(Limits {
            cpu: cpu?,
            memory: number("limits.memory", self.memory)?,
            files: number("limits.files", self.files)?,
            processes: number("limits.processes", self.processes)?,
        })
    }
}

/// A program with its arguments.
pub(crate) fn spec(cmd: &str, args: List<'_, Str>) -> Spec {
    Spec::new(cmd).args(args.iter().map(OsString::from))
}

/// A program with its arguments, as one list.
pub(crate) fn command(words: &[Str]) -> Option<Spec> {
    let (program, args) = words.split_first()?;
    Some(Spec::new(program.as_str()).args(args.iter().map(|arg| OsString::from(arg.as_str()))))
}

fn stdin(input: Option<&Input>, from: Option<&str>) -> Result<Option<Stdin>, String> {
    let stdin = match (input, from) {
        (Some(input), _) => Stdin::Bytes(input.to_bytes()),
        (None, None) => return Ok(None),
        (None, Some("null")) => Stdin::Null,
        (None, Some("pipe")) => Stdin::Pipe,
        (None, Some("inherit")) => Stdin::Inherit,
        (None, Some("")) => return Err("`stdin_from` is empty".to_owned()),
        (None, Some(path)) => Stdin::File(path.into()),
    };
    Ok(Some(stdin))
}

fn time(option: &str, nanos: Nanos) -> Result<Duration, String> {
    match u64::try_from(nanos.0) {
        Ok(nanos) => Ok(Duration::from_nanos(nanos)),
        Err(_) => Err(format!("`{option}` is negative")),
    }
}

fn count(option: &str, number: i64) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("`{option}` is negative"))
}

fn overflow(word: &str) -> Result<Overflow, String> {
    match word {
        "error" => Ok(Overflow::Error),
        "truncate" => Ok(Overflow::Truncate),
        "spill" => Ok(Overflow::Spill),
        other => Err(format!(
            "`overflow` is {}, but must be \"error\", \"truncate\" or \"spill\"",
            shape_policy::Quoted::new(other)
        )),
    }
}

fn merge_stderr(spec: Spec, merged: &bool) -> Result<Spec, String> {
    Ok(if *merged { spec.merge_stderr() } else { spec })
}

fn detached(spec: Spec, detached: &bool) -> Result<Spec, String> {
    Ok(if *detached { spec.detached() } else { spec })
}

fn accept(spec: Spec, codes: &Option<Vec<i64>>) -> Result<Spec, String> {
    let Some(codes) = codes else { return Ok(spec) };
    let codes: Result<Vec<i32>, _> = codes
        .iter()
        .map(|&code| i32::try_from(code).map_err(|_| code))
        .collect();
    match codes {
        Ok(codes) => Ok(spec.accept(codes)),
        Err(code) => Err(format!("`accept` has {code}, which is no exit code")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape_abi::{Const, Ty};
    use shape_policy::Ask as _;
    use shape_runtime::ShapeType;

    fn defaults() -> ExecOptions {
        ExecOptions {
            cwd: None,
            env: Entries::default(),
            env_remove: Vec::new(),
            env_clear: false,
            stdin: None,
            stdin_from: None,
            require_stdin: false,
            timeout: None,
            idle_timeout: None,
            kill_grace: Nanos(2_000_000_000),
            max_output: 64 << 20,
            overflow: "error".into(),
            transcript: false,
            fold_progress: false,
            limits: None,
            merge_stderr: false,
            accept: None,
        }
    }

    #[track_caller]
    fn check_refused(options: ExecOptions, why: &str) {
        let error = options.apply(Spec::new("x")).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn every_option_has_a_default() {
        let records = [
            ExecOptions::ty(),
            SpawnOptions::ty(),
            PipelineOptions::ty(),
            ExecAllOptions::ty(),
        ];
        for ty in records {
            let Ty::Record(ty) = ty else { panic!() };
            for field in &ty.fields {
                assert!(field.default.is_some(), "{}", field.name);
            }
            let default = |name| {
                ty.fields
                    .iter()
                    .find(|f| f.name == name)
                    .unwrap()
                    .default
                    .clone()
            };
            assert_eq!(default("max_output"), Some(Const::Int(64 << 20)));
            assert_eq!(default("kill_grace"), Some(Const::Duration(2_000_000_000)));
            assert_eq!(default("env"), Some(Const::EmptyMap));
        }
    }

    #[test]
    fn every_option_is_on_its_page() {
        let pages = [
            (ExecOptions::ty(), include_str!("doc/exec.md")),
            (SpawnOptions::ty(), include_str!("doc/spawn.md")),
            (PipelineOptions::ty(), include_str!("doc/pipeline.md")),
            (ExecAllOptions::ty(), include_str!("doc/exec_all.md")),
        ];
        for (ty, page) in pages {
            let Ty::Record(ty) = ty else { panic!() };
            let rows = page.lines().filter(|line| line.starts_with("| `")).count();
            assert_eq!(rows, ty.fields.len());
            for field in &ty.fields {
                assert!(
                    page.contains(&format!("| `{}` |", field.name)),
                    "{}",
                    field.name
                );
            }
        }
    }

    #[test]
    fn options_reach_the_spec() {
        let options = ExecOptions {
            cwd: Some("/srv".into()),
            env: Entries(vec![("A".into(), "1".into())]),
            env_remove: vec!["B".into()],
            env_clear: true,
            timeout: Some(Nanos(1_500_000_000)),
            max_output: 10,
            overflow: "truncate".into(),
            merge_stderr: true,
            accept: Some(vec![0, 3]),
            ..defaults()
        };
        let spec = options.apply(Spec::new("x").arg("y")).unwrap();
        let request = spec.request();
        assert_eq!(request.cwd, Some(std::path::Path::new("/srv")));
        assert!(request.env.clear);
        assert_eq!(request.env.remove, ["B"]);
        assert_eq!(request.env.set, [("A".into(), "1".into())]);
        assert!(format!("{spec:?}").contains("1.5s"), "{spec:?}");
    }

    #[test]
    fn input_comes_from_where_it_was_said() {
        let from = |word: &str| stdin(None, Some(word)).unwrap().unwrap();
        assert!(from("null") == Stdin::Null);
        assert!(from("pipe") == Stdin::Pipe);
        assert!(from("inherit") == Stdin::Inherit);
        assert!(from("./null") == Stdin::File("./null".into()));
        let text = stdin(Some(&Input::Text("x".into())), Some("null"));
        assert!(text.unwrap() == Some(Stdin::Bytes(b"x".to_vec())));
        assert!(stdin(None, None).unwrap().is_none());
    }

    #[test]
    fn bad_values_are_refused() {
        check_refused(
            ExecOptions {
                timeout: Some(Nanos(-1)),
                ..defaults()
            },
            "`timeout` is negative",
        );
        check_refused(
            ExecOptions {
                kill_grace: Nanos(-1),
                ..defaults()
            },
            "`kill_grace` is negative",
        );
        check_refused(
            ExecOptions {
                max_output: -1,
                ..defaults()
            },
            "`max_output` is negative",
        );
        check_refused(
            ExecOptions {
                limits: Some(ResourceLimits {
                    cpu: None,
                    memory: Some(-1),
                    files: None,
                    processes: None,
                }),
                ..defaults()
            },
            "`limits.memory` is negative",
        );
        check_refused(
            ExecOptions {
                overflow: "drop".into(),
                ..defaults()
            },
            "\"drop\"",
        );
        check_refused(
            ExecOptions {
                stdin_from: Some("".into()),
                ..defaults()
            },
            "`stdin_from` is empty",
        );
        check_refused(
            ExecOptions {
                accept: Some(vec![1 << 40]),
                ..defaults()
            },
            "no exit code",
        );
    }
}
