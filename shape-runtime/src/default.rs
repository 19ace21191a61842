//! Defaults of parameters, as they stand in a `FnSpec`.

use shape_abi::{Const, Ty};

/// The constant that `text` is, when it fits a parameter of type `ty`.
pub(crate) fn parse_default(text: &'static str, ty: &Ty) -> Option<Const> {
    let constant = match (text, ty) {
        ("None", _) => Const::None,
        ("()", _) => Const::Unit,
        ("true", _) => Const::Bool(true),
        ("false", _) => Const::Bool(false),
        ("[]", _) => Const::EmptyArray,
        ("{}", Ty::Record(_)) => Const::DefaultRecord,
        ("{}", _) => Const::EmptyMap,
        (_, Ty::Number) => Const::Number(text.parse().ok()?),
        (_, Ty::Duration) => Const::Duration(parse_duration(text)?),
        _ if text.starts_with('"') => {
            Const::String(text.strip_prefix('"')?.strip_suffix('"')?.into())
        }
        _ => Const::Int(text.parse().ok()?),
    };
    fits(&constant, ty).then_some(constant)
}

/// Whether `constant` can be the default of what has the type `ty`.
pub(crate) fn fits(constant: &Const, ty: &Ty) -> bool {
    if let Ty::Union(members) = ty {
        return members.iter().any(|member| fits(constant, member));
    }
    if let Ty::Option(inner) | Ty::Maybe(inner) = ty {
        return *constant == Const::None || fits(constant, inner);
    }
    matches!(
        (constant, ty),
        (Const::Unit, Ty::Unit)
            | (Const::Bool(_), Ty::Bool)
            | (Const::Int(_), Ty::Int)
            | (Const::Number(_), Ty::Number)
            | (Const::Duration(_), Ty::Duration)
            | (Const::String(_), Ty::String)
            | (Const::EmptyArray, Ty::Array(_))
            | (Const::EmptyMap, Ty::Map(..))
            | (Const::DefaultRecord, Ty::Record(_))
    )
}

/// Nanoseconds of a literal such as `250ms`.
fn parse_duration(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_by_their_type() {
        assert_eq!(
            parse_default("[]", &Ty::array(Ty::String)),
            Some(Const::EmptyArray)
        );
        assert_eq!(
            parse_default("2s", &Ty::Duration),
            Some(Const::Duration(2_000_000_000))
        );
        assert_eq!(
            parse_default("\"a\"", &Ty::String),
            Some(Const::String("a".into()))
        );
        assert_eq!(parse_default("10", &Ty::Number), Some(Const::Number(10.0)));
        assert_eq!(parse_default("65536", &Ty::Int), Some(Const::Int(65536)));
        assert_eq!(
            parse_default("None", &Ty::option(Ty::Int)),
            Some(Const::None)
        );
        for (text, ty) in [
            ("x", Ty::Int),
            ("[]", Ty::Int),
            ("5x", Ty::Duration),
            ("1", Ty::Bool),
        ] {
            assert_eq!(parse_default(text, &ty), None, "{text}");
        }
    }
}
