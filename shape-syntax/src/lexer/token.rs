//! Tokens: what the lexer hands to the parser.

use std::rc::Rc;

/// The first token of a line, not counting comments.
pub(crate) const NEWLINE_BEFORE: u8 = 1;
/// A diagnostic has been made about this token; the parser keeps quiet about it.
pub(crate) const BAD: u8 = 2;
/// A `?` that belongs to a ternary.
pub(crate) const TERNARY: u8 = 4;

/// In [`Token::data`] of an opening bracket: there is no closing one.
pub(crate) const NO_CLOSE: u32 = u32::MAX;

/// A token. Sixteen bytes, so that a file's tokens stay in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: T,
    pub flags: u8,
    pub start: u32,
    pub end: u32,
    /// Index into the table of [`Tables`] for the kind, the character of a `Char`, or the index of
    /// the closing token for an opening bracket.
    pub data: u32,
}

impl Token {
    pub fn newline_before(&self) -> bool {
        self.flags & NEWLINE_BEFORE != 0
    }
}

/// The values of literal tokens.
#[derive(Default)]
pub(crate) struct Tables {
    pub names: Vec<Rc<str>>,
    pub ints: Vec<IntLit>,
    pub numbers: Vec<f64>,
    pub durations: Vec<i64>,
    pub strings: Vec<Rc<str>>,
}

/// An integer literal before it is known whether a `-` stands in front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntLit {
    pub magnitude: u64,
    pub suffix: Option<IntSuffix>,
}

/// A width suffix and the values it admits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntSuffix {
    pub name: &'static str,
    pub min: i64,
    pub max: i64,
}

macro_rules! tokens {
    (
        plain { $($plain:ident = $plain_text:literal,)* }
        signs { $($sign:ident = $sign_text:literal,)* }
        keywords { $($keyword:ident = $keyword_text:literal,)* }
    ) => {
        /// The kinds of token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum T { $($plain,)* $($sign,)* $($keyword,)* }

        impl T {
            /// The sign or word, or a description for the other kinds.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$plain => $plain_text,)*
                    $(Self::$sign => $sign_text,)*
                    $(Self::$keyword => $keyword_text,)*
                }
            }

            /// The keyword spelled `word`.
            pub fn keyword(word: &str) -> Option<Self> {
                match word {
                    $($keyword_text => Some(Self::$keyword),)*
                    _ => None,
                }
            }

            /// Whether it is a reserved word.
            pub fn is_keyword(self) -> bool {
                matches!(self, $(Self::$keyword)|*)
            }
        }
    };
}

tokens! {
    plain {
        Eof = "the end of the file",
        Error = "unknown text",
        Ident = "a name",
        Int = "an integer",
        Number = "a number",
        Duration = "a duration",
        Char = "a character",
        Str = "a string",
        InterpOpen = "an interpolated string",
        InterpText = "text",
        HoleOpen = "`{` of an interpolation",
        HoleClose = "`}` of an interpolation",
        InterpClose = "the end of the string",
    }
    signs {
        LParen = "(", RParen = ")", LBracket = "[", RBracket = "]", LBrace = "{", RBrace = "}",
        Comma = ",", Semi = ";", Colon = ":", ColonColon = "::", At = "@",
        Dot = ".", DotDot = "..", DotDotEq = "..=", DotDotDot = "...",
        Question = "?", QuestionDot = "?.", QuestionQuestion = "??",
        Bang = "!", BangBang = "!!", Tilde = "~",
        Plus = "+", Minus = "-", Star = "*", Slash = "/", Percent = "%", StarStar = "**",
        Amp = "&", AmpAmp = "&&", Pipe = "|", PipePipe = "||", PipeGt = "|>", Caret = "^",
        Eq = "=", EqEq = "==", BangEq = "!=", Lt = "<", LtEq = "<=", Gt = ">", GtEq = ">=",
        LtLt = "<<", GtGt = ">>", Arrow = "->", FatArrow = "=>",
        PlusEq = "+=", MinusEq = "-=", StarEq = "*=", SlashEq = "/=", PercentEq = "%=",
        StarStarEq = "**=", AmpEq = "&=", PipeEq = "|=", CaretEq = "^=", LtLtEq = "<<=",
        GtGtEq = ">>=",
    }
    keywords {
        KwPub = "pub", KwImport = "import", KwFrom = "from", KwUse = "use", KwAs = "as",
        KwLet = "let", KwVar = "var", KwConst = "const", KwMut = "mut", KwFn = "fn",
        KwFunction = "function", KwAsync = "async", KwAwait = "await", KwIf = "if",
        KwElse = "else", KwFor = "for", KwWhile = "while", KwLoop = "loop", KwMatch = "match",
        KwReturn = "return", KwBreak = "break", KwContinue = "continue", KwTrue = "true",
        KwFalse = "false", KwNone = "None", KwSome = "Some", KwAnd = "and", KwOr = "or",
        KwType = "type", KwTrait = "trait", KwImpl = "impl", KwEnum = "enum",
        KwExtend = "extend", KwMethod = "method", KwIn = "in", KwMod = "mod", KwTry = "try",
    }
}

impl T {
    /// The closing kind for an opening one.
    pub fn closer(self) -> Option<T> {
        Some(match self {
            T::LParen => T::RParen,
            T::LBracket => T::RBracket,
            T::LBrace => T::RBrace,
            T::HoleOpen => T::HoleClose,
            T::InterpOpen => T::InterpClose,
            _ => return None,
        })
    }

    /// Whether it closes a bracket.
    pub fn is_closer(self) -> bool {
        matches!(
            self,
            T::RParen | T::RBracket | T::RBrace | T::HoleClose | T::InterpClose
        )
    }

    /// Whether it is a word, reserved or not: what may follow a `.`.
    pub fn is_word(self) -> bool {
        self == T::Ident || self.is_keyword()
    }

    /// Whether an expression can start with it.
    pub fn starts_operand(self) -> bool {
        let literal = matches!(
            self,
            T::Int | T::Number | T::Duration | T::Char | T::Str | T::InterpOpen | T::Ident
        );
        let sign = matches!(
            self,
            T::LParen | T::LBracket | T::LBrace | T::Pipe | T::PipePipe | T::DotDot | T::DotDotEq
        );
        let prefix = matches!(self, T::Minus | T::Bang | T::BangBang | T::Tilde | T::Amp);
        let control = matches!(
            self,
            T::KwIf | T::KwMatch | T::KwLoop | T::KwWhile | T::KwFor
        );
        let word = matches!(
            self,
            T::KwTrue | T::KwFalse | T::KwNone | T::KwSome | T::KwFn | T::KwFunction | T::KwTry
        );
        let jump = matches!(self, T::KwReturn | T::KwBreak | T::KwContinue | T::KwAwait);
        literal || sign || prefix || control || word || jump
    }
}
