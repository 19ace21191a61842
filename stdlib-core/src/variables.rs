//! Reading environment variables.

use shape_runtime::{HostCx, Maybe, Raise};
use shape_value::{Key, Map, Value};
use std::sync::Arc;

/// Which environment variables `env` may read: a service of the [`HostCx`], without which it may read all.
///
/// Whether a script may call `env` at all is the permission `sys.env`, which is looked at before it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadableVariables {
    names: Vec<String>,
}

impl ReadableVariables {
    /// The variables of these names, of which each may end in `*` for any end.
    pub fn listed(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            names: names.into_iter().collect(),
        }
    }

    /// Whether the variable of this name may be read.
    pub fn contains(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == known,
            })
    }
}

/// The variable of this name.
pub(crate) fn env(cx: &mut HostCx, name: &str) -> Result<Maybe<String>, Raise> {
    let readable: Option<Arc<ReadableVariables>> = cx.service();
    if readable.is_some_and(|readable| !readable.contains(name)) {
        return Err(denied(name));
    }
    let Some(value) = std::env::var_os(name) else {
        return Ok(Maybe(None));
    };
    match value.into_string() {
        Ok(value) => Ok(Maybe(Some(value))),
        Err(_) => Err(Raise::error(
            "invalid_utf8",
            format!("env: the value of `{name}` is not UTF-8"),
        )),
    }
}

fn denied(name: &str) -> Raise {
    let mut details = Map::default();
    let is_one_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let help = match is_one_name && !name.is_empty() {
        true => format!("allow it with `--allow-env={name}`"),
        false => "allow it with `--allow-env`".to_owned(),
    };
    details.insert(Key::from("variable"), Value::from(name));
    details.insert(Key::from("help"), Value::from(help));
    let message = format!("env: the variable `{name}` may not be read");
    Raise::error("permission_denied", message).with_details(Value::map(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_may_be_read() {
        let listed = ReadableVariables::listed(["HOME".to_owned(), "LC_*".to_owned()]);
        for (name, is_readable) in [
            ("HOME", true),
            ("HOMER", false),
            ("LC_ALL", true),
            ("LC_", true),
            ("LANG", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(listed.contains(name), is_readable, "{name}");
        }
        let mut cx = HostCx::new().with_service(Arc::new(listed));
        assert!(env(&mut cx, "LC_NO_SUCH_VARIABLE").unwrap().0.is_none());
        let Err(Raise::Error(error)) = env(&mut cx, "PATH") else {
            panic!("it may be read")
        };
        assert_eq!(&*error.kind, "permission_denied");
        let mut cx = HostCx::new();
        assert!(env(&mut cx, "PATH").unwrap().0.is_some());
    }

    #[test]
    fn unset_variables_are_none() {
        assert_eq!(
            env(&mut HostCx::new(), "SHAPE_TEST_UNSET").unwrap(),
            Maybe(None)
        );
        assert_eq!(env(&mut HostCx::new(), "=\0").unwrap(), Maybe(None));
    }
}
