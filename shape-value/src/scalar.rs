//! Scalars between a `u64` register and a value.

use crate::Value;
use shape_abi::Ty;

/// A scalar type: what a `u64` register means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `()`, stored as 0
    Unit,
    /// `bool`, stored as 0 or 1
    Bool,
    /// `int`, two's complement
    Int,
    /// `number`, by its bits
    Number,
    /// `char`, its code point
    Char,
    /// `duration`, nanoseconds in two's complement
    Duration,
}

impl Scalar {
    /// The scalar type that `ty` is, if it is one.
    #[must_use]
    pub fn of(ty: &Ty) -> Option<Self> {
        Some(match ty {
            Ty::Unit => Self::Unit,
            Ty::Bool => Self::Bool,
            Ty::Int => Self::Int,
            Ty::Number => Self::Number,
            Ty::Char => Self::Char,
            Ty::Duration => Self::Duration,
            _ => return None,
        })
    }
}

impl Value {
    /// The value of a register that holds a scalar of this type. Bits that are no `char` give
    /// U+FFFD.
    #[must_use]
    #[inline]
    pub fn from_bits(scalar: Scalar, bits: u64) -> Self {
        match scalar {
            Scalar::Unit => Self::Unit,
            Scalar::Bool => Self::Bool(bits != 0),
            Scalar::Int => Self::Int(bits.cast_signed()),
            Scalar::Number => Self::Number(f64::from_bits(bits)),
            Scalar::Char => Self::Char(bits_to_char(bits)),
            Scalar::Duration => Self::Duration(bits.cast_signed()),
        }
    }

    /// The register for this value, which is a scalar of this type (an `int` widens to `number`);
    /// `None` when it is something else.
    #[must_use]
    #[inline]
    pub fn to_bits(&self, scalar: Scalar) -> Option<u64> {
        match (scalar, self) {
            (Scalar::Unit, _) => Some(0),
            (Scalar::Bool, Self::Bool(b)) => Some(u64::from(*b)),
            (Scalar::Int, Self::Int(n)) => Some(n.cast_unsigned()),
            (Scalar::Number, Self::Number(n)) => Some(n.to_bits()),
            (Scalar::Number, Self::Int(n)) => Some((*n as f64).to_bits()),
            (Scalar::Char, Self::Char(c)) => Some(u64::from(*c)),
            (Scalar::Duration, Self::Duration(nanos)) => Some(nanos.cast_unsigned()),
            _ => None,
        }
    }
}

/// The `char` in a register.
#[must_use]
#[inline]
pub fn bits_to_char(bits: u64) -> char {
    u32::try_from(bits)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_round_trip() {
        for (scalar, value) in [
            (Scalar::Unit, Value::Unit),
            (Scalar::Bool, Value::Bool(true)),
            (Scalar::Int, Value::Int(-1)),
            (Scalar::Number, Value::Number(-0.5)),
            (Scalar::Char, Value::Char('€')),
            (Scalar::Duration, Value::Duration(i64::MIN)),
        ] {
            let bits = value.to_bits(scalar).unwrap();
            assert_eq!(Value::from_bits(scalar, bits), value);
        }
        assert_eq!(
            Value::Int(2).to_bits(Scalar::Number),
            Some(2.0f64.to_bits())
        );
        assert_eq!(Value::None.to_bits(Scalar::Int), None);
        assert_eq!(bits_to_char(u64::MAX), '\u{FFFD}');
    }
}
