//! Positions in sequences: a negative one counts from the end, one out of range is brought into
//! range.

use shape_value::Range;

/// Where `index` is in a sequence of `len`, at most `len`.
pub(crate) fn clamped(index: i64, len: usize) -> usize {
    let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    if index < 0 {
        len.saturating_sub(distance)
    } else {
        distance.min(len)
    }
}

/// Start and end of `slice(start, end)`; the end is never before the start.
pub(crate) fn slice_bounds(start: i64, end: Option<i64>, len: usize) -> (usize, usize) {
    let start = clamped(start, len);
    let end = end.map_or(len, |end| clamped(end, len));
    (start, end.max(start))
}

/// Start and end of `[a..b]`. The end of `[a..=-1]` is the last element.
pub(crate) fn range_bounds(range: Range, len: usize) -> (usize, usize) {
    let (start, end) = slice_bounds(range.start, Some(range.end), len);
    if !range.inclusive {
        return (start, end);
    }
    let last = clamped(range.end, len);
    let before_the_first = range.end < 0 && range.end.unsigned_abs() > len as u64;
    let end = if before_the_first {
        0
    } else {
        (last + 1).min(len)
    };
    (start, end.max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_forgiving() {
        assert_eq!(slice_bounds(1, Some(3), 5), (1, 3));
        assert_eq!(slice_bounds(-2, None, 5), (3, 5));
        assert_eq!(slice_bounds(4, Some(2), 5), (4, 4));
        assert_eq!(slice_bounds(i64::MIN, Some(i64::MAX), 5), (0, 5));
        assert_eq!(slice_bounds(9, Some(12), 5), (5, 5));
    }

    #[test]
    fn ranges_may_include_their_end() {
        let range = |start, end, inclusive| Range {
            start,
            end,
            inclusive,
        };
        assert_eq!(range_bounds(range(1, 3, false), 5), (1, 3));
        assert_eq!(range_bounds(range(1, 3, true), 5), (1, 4));
        assert_eq!(range_bounds(range(1, -1, true), 5), (1, 5));
        assert_eq!(range_bounds(range(1, -1, false), 5), (1, 4));
        assert_eq!(range_bounds(range(0, -9, true), 5), (0, 0));
        assert_eq!(range_bounds(range(0, i64::MAX, true), 5), (0, 5));
    }
}
