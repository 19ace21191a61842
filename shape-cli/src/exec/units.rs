//! Times and sizes as they are written on the command line.

use std::time::Duration;

/// A time as timeout(1) takes it: a number, which may have a fraction, of seconds, or of what its
/// suffix says: `ms`, `s`, `m`, `h` or `d`. One that is too long for the clock is as good as for ever, and
/// only 0 is 0.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err("use a number with ms, s, m, h or d".to_owned()),
    };
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let number = Some(digits).filter(|digits| digits.chars().all(is_number));
    match number.and_then(|digits| digits.parse::<f64>().ok()) {
        Some(0.0) => Ok(Duration::ZERO),
        Some(number) => {
            let time = Duration::try_from_secs_f64(number * seconds).unwrap_or(Duration::MAX);
            Ok(time.max(Duration::from_nanos(1)))
        }
        None => Err("use a number with ms, s, m, h or d, as in 1.5s".to_owned()),
    }
}

/// A number of bytes, or of what its suffix says: `k`, `M`, `G` or `T`, in powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" | "B" => 0,
        "k" | "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        "T" | "TiB" => 40,
        _ => return Err("use a whole number with k, M, G or T".to_owned()),
    };
    let number: Option<u64> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "use a whole number with k, M, G or T, as in 64M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, milliseconds) in [
            ("10", 10_000),
            ("1.5", 1500),
            (".5s", 500),
            ("500ms", 500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0.5d", 43_200_000),
            ("0", 0),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
        assert_eq!(duration("99999999999999999999999d"), Ok(Duration::MAX));
        assert_eq!(duration("0.0000000001"), Ok(Duration::from_nanos(1)));
        for text in ["", "s", "-1", "1e3", "1 s", "inf", "nan", "1y", "1.2.3"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, size) in [
            ("0", 0),
            ("512", 512),
            ("4k", 4096),
            ("64M", 64 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "k", "-1", "1.5M", "1x", "99999999999T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
