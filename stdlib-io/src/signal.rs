//! Signals by name and by number.

use rustix::process::Signal;
use shape_policy::Quoted;
use shape_runtime::union;
use shape_value::Str;

union! {
    /// A signal as a script writes it: `15`, `"TERM"` or `"SIGTERM"`.
    #[derive(Clone, Debug, PartialEq)]
    pub enum SignalArg {
        /// By number.
        Number(i64),
        /// By name.
        Name(Str),
    }
}

/// The names of POSIX that mean something between programs, without `SIG`.
const NAMES: [(&str, Signal); 27] = [
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("ILL", Signal::ILL),
    ("TRAP", Signal::TRAP),
    ("ABRT", Signal::ABORT),
    ("BUS", Signal::BUS),
    ("FPE", Signal::FPE),
    ("KILL", Signal::KILL),
    ("USR1", Signal::USR1),
    ("SEGV", Signal::SEGV),
    ("USR2", Signal::USR2),
    ("PIPE", Signal::PIPE),
    ("ALRM", Signal::ALARM),
    ("TERM", Signal::TERM),
    ("CHLD", Signal::CHILD),
    ("CONT", Signal::CONT),
    ("STOP", Signal::STOP),
    ("TSTP", Signal::TSTP),
    ("TTIN", Signal::TTIN),
    ("TTOU", Signal::TTOU),
    ("URG", Signal::URG),
    ("XCPU", Signal::XCPU),
    ("XFSZ", Signal::XFSZ),
    ("VTALRM", Signal::VTALARM),
    ("PROF", Signal::PROF),
    ("WINCH", Signal::WINCH),
];

impl SignalArg {
    /// The number; whether there is such a signal is for the engine to say.
    ///
    /// # Errors
    /// No signal has this name, or a number could never be one.
    pub(crate) fn number(&self) -> Result<i32, String> {
        match self {
            Self::Number(number) => {
                i32::try_from(*number).map_err(|_| format!("there is no signal {number}"))
            }
            Self::Name(name) => {
                let upper = name.to_ascii_uppercase();
                let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
                let known = NAMES.iter().find(|(known, _)| *known == bare);
                match known {
                    Some((_, signal)) => Ok(signal.as_raw()),
                    None => Err(format!("there is no signal {}", Quoted::new(name.as_str()))),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SignalArg;

    #[test]
    fn a_signal_has_a_name_and_a_number() {
        for name in ["TERM", "SIGTERM", "term"] {
            assert_eq!(SignalArg::Name(name.into()).number(), Ok(15));
        }
        assert_eq!(SignalArg::Number(9).number(), Ok(9));
        assert_eq!(
            SignalArg::Name("NO\n".into()).number(),
            Err("there is no signal \"NO\\n\"".to_owned())
        );
        assert!(SignalArg::Number(1 << 40).number().is_err());
    }
}
