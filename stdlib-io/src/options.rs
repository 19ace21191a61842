//! The options of `exec` and `spawn`, and the spec that they make.

use shape_process::{Overflow, Spec, Stdin};
use shape_runtime::{Bytes, Entries, List, Nanos, record, union};
use shape_value::Str;
use std::ffi::OsString;
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
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Bytes(bytes) => bytes.to_vec(),
        }
    }
}

/// The two option records share all fields but the last of `exec`, and what is made of them.
macro_rules! options {
    ($(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $ty:ty = $default:expr),* }) => {
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
                /// How long it may take.
                pub timeout: Option<Nanos> = None,
                /// The time between `TERM` and `KILL`.
                pub kill_grace: Nanos = shape_process::DEFAULT_KILL_GRACE,
                /// The most bytes of a stream to keep unread.
                pub max_output: i64 = shape_process::DEFAULT_MAX_OUTPUT.cast_signed(),
                /// What more output than that does: `error` or `truncate`.
                pub overflow: Str = "error",
                /// Whether standard error goes into standard output.
                pub merge_stderr: bool = false,
                $($(#[$own_meta])* pub $own: $ty = $default,)*
            }
        }

        impl $name {
            /// The options as `spec` takes them.
            ///
            /// # Errors
            /// What is wrong with one of them.
            pub(crate) fn apply(self, mut spec: Spec) -> Result<Spec, String> {
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
                if let Some(stdin) = stdin(self.stdin, self.stdin_from.as_deref())? {
                    spec = spec.stdin(stdin);
                }
                if let Some(timeout) = self.timeout {
                    spec = spec.timeout(time("timeout", timeout)?);
                }
                if self.merge_stderr {
                    spec = spec.merge_stderr();
                }
                $(spec = $own(spec, self.$own)?;)*
                Ok(spec
                    .kill_grace(time("kill_grace", self.kill_grace)?)
                    .max_output(bytes(self.max_output)?)
                    .overflow(overflow(&self.overflow)?))
            }
        }
    };
}

options! {
    /// How `spawn` starts a program.
    SpawnOptions {}
}

options! {
    /// How `exec` runs a program.
    ExecOptions {
        /// The exit codes that are no error; any if absent.
        accept: Option<Vec<i64>> = None
    }
}

/// A program with its arguments.
pub(crate) fn spec(cmd: &str, args: List<'_, Str>) -> Spec {
    Spec::new(cmd).args(args.iter().map(OsString::from))
}

fn stdin(input: Option<Input>, from: Option<&str>) -> Result<Option<Stdin>, String> {
    let stdin = match (input, from) {
        (Some(input), _) => Stdin::Bytes(input.into_bytes()),
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

fn bytes(max_output: i64) -> Result<u64, String> {
    u64::try_from(max_output).map_err(|_| "`max_output` is negative".to_owned())
}

fn overflow(word: &str) -> Result<Overflow, String> {
    match word {
        "error" => Ok(Overflow::Error),
        "truncate" => Ok(Overflow::Truncate),
        other => Err(format!(
            "`overflow` is {}, but must be \"error\" or \"truncate\"",
            shape_policy::Quoted::new(other)
        )),
    }
}

fn accept(spec: Spec, codes: Option<Vec<i64>>) -> Result<Spec, String> {
    let Some(codes) = codes else { return Ok(spec) };
    let codes: Result<Vec<i32>, _> = codes
        .into_iter()
        .map(|code| i32::try_from(code).map_err(|_| code))
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
            timeout: None,
            kill_grace: Nanos(2_000_000_000),
            max_output: 64 << 20,
            overflow: "error".into(),
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
        for ty in [ExecOptions::ty(), SpawnOptions::ty()] {
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
        let text = stdin(Some(Input::Text("x".into())), Some("null"));
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
                overflow: "spill".into(),
                ..defaults()
            },
            "\"spill\"",
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
