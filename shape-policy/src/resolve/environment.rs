//! What a request changes of the environment, and which of it makes a program run other code.

use crate::request::EnvChanges;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Variables that make a program run code which its user did not name, and how they do it, with
/// blanks between them. A `*` stands for any beginning or end of a name.
///
/// It is complete for loaders and for what shells and interpreters read at their start. It cannot be
/// complete for what single programs take from their environment, and has the well-known ones.
/// `PATH` is missing: a changed one finds another file, and that is decided on. `HOME` is missing:
/// too much needs it.
const CODE_VARIABLES: &[(&str, &str)] = &[
    ("from which the dynamic loader takes code", "LD_* DYLD_*"),
    (
        "from which the C library takes code",
        "GCONV_PATH GETCONF_DIR",
    ),
    (
        "from which a shell takes code when it starts",
        "BASH_ENV BASH_FUNC_* BASHOPTS ENV FPATH PROMPT_COMMAND PS4 SHELLOPTS ZDOTDIR",
    ),
    (
        "from which an interpreter takes code",
        "PYTHONBREAKPOINT PYTHONEXECUTABLE PYTHONHOME PYTHONINSPECT PYTHONPATH PYTHONSTARTUP \
         PYTHONUSERBASE PYTHONWARNINGS PERL5DB PERL5LIB PERL5OPT PERLLIB RUBYLIB RUBYOPT GEM_HOME \
         GEM_PATH BUNDLE_GEMFILE NODE_PATH LUA_* PHPRC PHP_INI_SCAN_DIR AWKPATH AWKLIBPATH \
         TCLLIBPATH GUILE_* JULIA_LOAD_PATH JULIA_DEPOT_PATH R_PROFILE R_PROFILE_USER R_ENVIRON \
         R_ENVIRON_USER R_LIBS* ERL_* CLASSPATH DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS \
         CORECLR_* COR_* MONO_PATH EMACSLOADPATH VIMINIT EXINIT GVIMINIT",
    ),
    (
        "which holds options, and options can name code",
        "*_OPTIONS *_OPTS *_ERL_FLAGS MAKEFLAGS GNUMAKEFLAGS GOFLAGS LESS \
         LESSKEY* MANOPT RUSTFLAGS RUSTDOCFLAGS CARGO_ENCODED_RUST* npm_config_* NPM_CONFIG_*",
    ),
    (
        "from which git takes programs to run",
        "GIT_ASKPASS GIT_COMMON_DIR GIT_CONFIG* GIT_DIR GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF \
         GIT_PAGER GIT_PROXY_COMMAND GIT_SEQUENCE_EDITOR GIT_SSH GIT_SSH_COMMAND GIT_TEMPLATE_DIR",
    ),
    (
        "which says what programs to run",
        "BROWSER COMPILER_PATH CVS_RSH EDITOR GCC_EXEC_PREFIX HGEDITOR LESSCLOSE LESSEDIT LESSOPEN \
         CARGO_BUILD_RUST* CARGO_TARGET_*_RUNNER CARGO_TARGET_*_LINKER MAKEFILES MANPAGER PAGER RSYNC_RSH RUSTC RUSTC_* SHELL SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR \
         SVN_EDITOR SVN_SSH SYSTEMD_PAGER VISUAL",
    ),
    (
        "from which a library takes code",
        "GIO_EXTRA_MODULES GIO_MODULE_DIR GTK_MODULES GTK_PATH KRB5_CONFIG OPENSSL_CONF \
         OPENSSL_ENGINES OPENSSL_MODULES QML2_IMPORT_PATH QT_PLUGIN_PATH SASL_PATH",
    ),
];

/// The variables that `env` gives a child and that the host has not or has otherwise, by name.
pub(crate) fn changed(env: &EnvChanges) -> Vec<&OsStr> {
    let last_of_each: BTreeMap<&OsStr, &OsStr> = env
        .set
        .iter()
        .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
        .collect();
    last_of_each
        .into_iter()
        .filter(|(name, value)| std::env::var_os(name).as_deref() != Some(value))
        .map(|(name, _)| name)
        .collect()
}

/// The variables of the host that `env` takes away, other than by clearing.
pub(crate) fn removed(env: &EnvChanges) -> Vec<&OsStr> {
    let is_set = |name: &OsStr| env.set.iter().any(|(set, _)| set == name);
    let mut names: Vec<&OsStr> = env
        .remove
        .iter()
        .map(|name| name.as_os_str())
        .filter(|name| std::env::var_os(name).is_some() && !is_set(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether `env` makes the child's environment another than the host's.
pub(crate) fn is_changed(env: &EnvChanges) -> bool {
    env.clear || !changed(env).is_empty() || !removed(env).is_empty()
}

/// The first changed variable that makes a program run other code, and how.
pub(crate) fn changed_code(env: &EnvChanges) -> Option<(&OsStr, &'static str)> {
    changed(env)
        .into_iter()
        .find_map(|name| Some((name, brings_code(name)?)))
}

/// How the variable `name` makes a program run other code, if it does.
pub(crate) fn brings_code(name: &OsStr) -> Option<&'static str> {
    let is_named = |pattern| matches(pattern, name.as_bytes());
    CODE_VARIABLES
        .iter()
        .find(|(_, patterns)| patterns.split(' ').any(is_named))
        .map(|(how, _)| *how)
}

fn matches(pattern: &str, name: &[u8]) -> bool {
    if let Some(start) = pattern.strip_suffix('*') {
        name.starts_with(start.as_bytes())
    } else if let Some(end) = pattern.strip_prefix('*') {
        name.ends_with(end.as_bytes())
    } else {
        name == pattern.as_bytes()
    }
}
