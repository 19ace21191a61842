//! The codes of this crate's diagnostics, each with its title.
//!
//! A code never changes its meaning. The checker's codes start at `E0100`.

macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*

        /// Every code that lexer and parser use, with a title of one line.
        pub const CODES: &[(&str, &str)] = &[$(($code, $title)),*];
    };
}

codes! {
    UNEXPECTED = "E0001", "unexpected token";
    UNCLOSED = "E0002", "bracket is never closed";
    STRAY_CLOSE = "E0003", "closing bracket without an opening one";
    BAD_CHAR = "E0004", "unexpected character";
    UNCLOSED_STRING = "E0005", "string is not closed";
    BAD_ESCAPE = "E0006", "unknown escape";
    BAD_UNICODE_ESCAPE = "E0007", "malformed `\\u{…}` escape";
    UNCLOSED_COMMENT = "E0008", "comment is not closed";
    INT_RANGE = "E0009", "number out of range";
    UNDERSCORE = "E0010", "underscore in a number";
    BAD_NUMBER = "E0011", "malformed number";
    BAD_CHAR_LITERAL = "E0012", "malformed character literal";
    BAD_DURATION = "E0013", "malformed duration";
    BAD_INTERPOLATION = "E0014", "malformed interpolation";
    RESERVED = "E0015", "reserved word used as a name";
    SEPARATOR = "E0016", "two statements on one line";
    NO_VALUE = "E0017", "binding without a value";
    NO_BRACES = "E0018", "body without braces";
    ASSIGN_IN_CONDITION = "E0019", "assignment used as a condition";
    NOT_ASSIGNABLE = "E0020", "left side cannot be assigned to";
    TOO_DEEP = "E0021", "nested too deeply";
    UNSUPPORTED = "E0022", "not supported yet";
    FILE_TOO_LARGE = "E0023", "file is too large";
    TOO_MANY = "E0024", "too many errors";
    BAD_PATTERN = "E0025", "malformed pattern";
    BAD_PUB = "E0026", "`pub` in front of something that cannot be public";
    WRONG_SPELLING = "E0027", "spelling of another language";
}

#[cfg(test)]
mod tests {
    #[test]
    fn are_sorted_and_unique() {
        assert!(super::CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
