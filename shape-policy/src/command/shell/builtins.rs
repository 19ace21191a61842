//! The commands that are a part of the shell.

/// Whether a command is a part of the shell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file is executed.
    #[default]
    Program,
    /// A builtin of every shell; no file is executed.
    Builtin,
    /// A special builtin of POSIX: an assignment in front of it stays.
    SpecialBuiltin,
    /// A builtin of bash, zsh or ksh, for which another shell looks for a file.
    BuiltinOfSome,
}

/// XCU 2.14.
const SPECIAL: &[&str] = &[
    ":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
    "shift", "times", "trap", "unset",
];

/// What dash, bash, zsh, ksh and busybox all have.
const REGULAR: &[&str] = &[
    "[", "alias", "bg", "cd", "command", "echo", "false", "fc", "fg", "getopts", "hash", "jobs",
    "kill", "printf", "pwd", "read", "test", "true", "type", "ulimit", "umask", "unalias", "wait",
];

/// Builtins of some shells that run no other code and change nothing that commands are read by.
const OF_SOME: &[&str] = &[
    "[[",
    "caller",
    "chdir",
    "declare",
    "dirs",
    "disown",
    "help",
    "local",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "readarray",
    "suspend",
    "typeset",
];

/// Builtins that run code, or change what later words mean, by means that are not looked at.
const UNSEEN: &[&str] = &[
    ".",
    "alias",
    "autoload",
    "bind",
    "bindkey",
    "compadd",
    "compctl",
    "compdef",
    "compgen",
    "complete",
    "compopt",
    "disable",
    "emulate",
    "enable",
    "fc",
    "float",
    "functions",
    "history",
    "integer",
    "let",
    "limit",
    "nameref",
    "print",
    "r",
    "sched",
    "setopt",
    "shopt",
    "source",
    "sysopen",
    "unfunction",
    "unhash",
    "unsetopt",
    "vared",
    "whence",
    "zcompile",
    "zformat",
    "zle",
    "zmodload",
    "zparseopts",
    "zstyle",
];

/// Builtins that set the variables that they are given the names of.
const ASSIGNING: &[&str] = &[
    "declare",
    "export",
    "getopts",
    "local",
    "mapfile",
    "printf",
    "read",
    "readarray",
    "readonly",
    "typeset",
    "unset",
    "wait",
];

/// Variables that change what a shell runs or how it reads, beside those that bring code; and those whose
/// value bash computes.
const SHELL_VARIABLES: &[&str] = &[
    "PATH",
    "IFS",
    "POSIXLY_CORRECT",
    "BASH_COMPAT",
    "CDPATH",
    "EXECIGNORE",
    "GLOBIGNORE",
    "NULLCMD",
    "READNULLCMD",
    "path",
    "fpath",
    "cdpath",
    "module_path",
    "MODULE_PATH",
    "OPTIND",
    "RANDOM",
    "SRANDOM",
];

/// What kind of command `name` is.
pub(crate) fn kind(name: &[u8]) -> Kind {
    if is_in(SPECIAL, name) {
        Kind::SpecialBuiltin
    } else if is_in(REGULAR, name) {
        Kind::Builtin
    } else if is_in(OF_SOME, name) || unseen(name).is_some() {
        Kind::BuiltinOfSome
    } else {
        Kind::Program
    }
}

/// The name of a builtin that does what cannot be seen.
pub(super) fn unseen(name: &[u8]) -> Option<&'static str> {
    find(UNSEEN, name)
}

/// The name of a builtin that sets the variables it is given the names of.
pub(super) fn assigning(name: &[u8]) -> Option<&'static str> {
    find(ASSIGNING, name)
}

/// Whether setting the variable changes how a shell reads or finds commands.
pub(super) fn is_shell_variable(name: &[u8]) -> bool {
    is_in(SHELL_VARIABLES, name)
}

fn find(table: &[&'static str], name: &[u8]) -> Option<&'static str> {
    table.iter().copied().find(|entry| entry.as_bytes() == name)
}

fn is_in(table: &[&'static str], name: &[u8]) -> bool {
    find(table, name).is_some()
}
