//! How much memory the run on this thread has taken.
//!
//! A script value never leaves its thread, so what a run takes is what its thread takes while it runs.
//! The host's allocator tells [`grew`] and [`shrank`]; what builds large values asks [`has_room`] first.
//! Nothing is refused to the allocator: a run that has passed its limit is told to end.

use crate::{Array, HeapValue, Value};
use std::cell::{Cell, RefCell};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a reference to the heap costs beside what it leads to, in bytes.
const HEADER: usize = 48;

/// What an entry of a map or a set takes, in bytes.
const ENTRY: usize = 64;

/// No limit.
const UNLIMITED: isize = isize::MAX;

struct Counters {
    /// Taken and not given back since the run began, in bytes. What is given back may be older.
    used: Cell<isize>,
    limit: Cell<isize>,
    /// The most that was in use beyond the limit.
    peak: Cell<isize>,
}

thread_local! {
    // Without a destructor, so that the allocator may use it at any time.
    static COUNTERS: Counters = const {
        Counters {
            used: Cell::new(0),
            limit: Cell::new(UNLIMITED),
            peak: Cell::new(0),
        }
    };
    /// What is set when the limit is passed.
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Notes that so many bytes have been taken. It does not allocate.
#[inline]
pub fn grew(bytes: usize) {
    COUNTERS.with(|counters| {
        let used = counters.used.get().wrapping_add_unsigned(bytes);
        counters.used.set(used);
        if used > counters.limit.get() {
            passed(counters, used);
        }
    });
}

/// Notes that so many bytes have been given back. It does not allocate.
#[inline]
pub fn shrank(bytes: usize) {
    COUNTERS.with(|counters| {
        counters
            .used
            .set(counters.used.get().wrapping_sub_unsigned(bytes));
    });
}

#[cold]
fn passed(counters: &Counters, used: isize) {
    counters.peak.set(counters.peak.get().max(used));
    // On a thread that ends there is no run that could be told.
    let _ = FLAG.try_with(|flag| {
        if let Ok(flag) = flag.try_borrow()
            && let Some(flag) = &*flag
        {
            flag.store(true, Ordering::Relaxed);
        }
    });
}

/// Whether so many bytes more stay within the limit of the run, if it has one.
#[must_use]
#[inline]
pub fn has_room(bytes: usize) -> bool {
    COUNTERS.with(|counters| {
        let limit = counters.limit.get();
        limit == UNLIMITED || counters.used.get().saturating_add_unsigned(bytes) <= limit
    })
}

/// The limit of the run on this thread, in bytes.
#[must_use]
pub fn limit() -> Option<usize> {
    let limit = COUNTERS.with(|counters| counters.limit.get());
    (limit != UNLIMITED).then(|| limit.unsigned_abs())
}

/// Bytes taken on this thread and not given back, as far as an allocator tells.
#[must_use]
pub fn used() -> isize {
    COUNTERS.with(|counters| counters.used.get())
}

/// Does something whose memory is not the run's, such as making what the host gets.
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let before = used();
    let result = work();
    COUNTERS.with(|counters| counters.used.set(before));
    result
}

/// About how many bytes on the heap values hold, as if each part were held once.
#[must_use]
pub fn held_by(values: &[Value]) -> usize {
    let mut bytes = 0_usize;
    let mut lists = vec![values];
    while let Some(list) = lists.pop() {
        for value in list {
            bytes = bytes.saturating_add(own_bytes(value, &mut lists));
        }
    }
    bytes
}

/// What a value holds but for what is inside of it, which goes to `lists`.
fn own_bytes<'v>(value: &'v Value, lists: &mut Vec<&'v [Value]>) -> usize {
    let Value::Heap(heap) = value else {
        return 0;
    };
    let list = |items: &'v [Value], lists: &mut Vec<&'v [Value]>| {
        lists.push(items);
        size_of_val(items)
    };
    let inside = match heap {
        HeapValue::Str(text) => text.len(),
        HeapValue::Bytes(bytes) => bytes.capacity(),
        HeapValue::Array(array) => match &**array {
            Array::Ints(items) => size_of_val(&items[..]),
            Array::Numbers(items) => size_of_val(&items[..]),
            Array::Bools(items) => items.len(),
            Array::Values(items) => list(items, lists),
        },
        HeapValue::Map(map) => {
            for (key, value) in &**map {
                lists.push(slice::from_ref(&key.0));
                lists.push(slice::from_ref(value));
            }
            map.len() * ENTRY
        }
        HeapValue::Set(set) => {
            lists.extend(set.iter().map(|key| slice::from_ref(&key.0)));
            set.len() * ENTRY
        }
        HeapValue::Tuple(items) => list(items, lists),
        HeapValue::Record(record) => list(&record.fields, lists),
        HeapValue::Enum(variant) => list(&variant.payload, lists),
        HeapValue::Ok(inner) | HeapValue::Err(inner) => list(slice::from_ref(&**inner), lists),
        HeapValue::Error(_)
        | HeapValue::Range(_)
        | HeapValue::Closure(_)
        | HeapValue::Cell(_)
        | HeapValue::Handle(_) => 0,
    };
    inside + HEADER
}

/// A run that is measured, while it lives. Such runs may nest: what the inner one takes is taken
/// by the outer one too.
#[derive(Debug)]
pub struct Metered {
    outer_used: isize,
    outer_limit: isize,
    outer_peak: isize,
    outer_flag: Option<Arc<AtomicBool>>,
    start: isize,
}

impl Metered {
    /// Has `flag` set when the run on this thread has taken more than `limit` bytes, the `used` ones
    /// counted that it had taken before.
    #[must_use]
    pub fn start(limit: usize, used: isize, flag: Arc<AtomicBool>) -> Self {
        let outer_flag = FLAG.with(|own| own.replace(Some(flag)));
        let limit = isize::try_from(limit).unwrap_or(UNLIMITED);
        COUNTERS.with(|counters| Self {
            outer_used: counters.used.replace(used),
            outer_limit: counters.limit.replace(limit),
            outer_peak: counters.peak.replace(0),
            outer_flag,
            start: used,
        })
    }

    /// The most bytes that were in use, if these were more than the limit.
    #[must_use]
    pub fn passed(&self) -> Option<usize> {
        let peak = COUNTERS.with(|counters| counters.peak.get());
        (peak > 0).then(|| peak.unsigned_abs())
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let outer_flag = self.outer_flag.take();
        COUNTERS.with(|counters| {
            let taken = counters.used.get().wrapping_sub(self.start);
            let used = self.outer_used.wrapping_add(taken);
            counters.used.set(used);
            counters.limit.set(self.outer_limit);
            counters.peak.set(self.outer_peak);
            drop(FLAG.with(|flag| flag.replace(outer_flag)));
            if used > self.outer_limit {
                passed(counters, used);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag() -> Arc<AtomicBool> {
        Arc::default()
    }

    #[test]
    fn passing_the_limit_sets_the_flag() {
        let set = flag();
        let metered = Metered::start(100, 0, Arc::clone(&set));
        grew(60);
        shrank(20);
        grew(60);
        assert!(!set.load(Ordering::Relaxed) && metered.passed().is_none());
        assert!(!has_room(1));
        grew(1);
        assert!(set.load(Ordering::Relaxed));
        assert_eq!(metered.passed(), Some(101));
        drop(metered);
        assert_eq!(limit(), None);
        assert!(has_room(usize::MAX >> 1));
    }

    #[test]
    fn what_values_hold_is_about_what_they_are_made_of() {
        let text = Value::str("x".repeat(1000));
        assert!((1000..1100).contains(&held_by(slice::from_ref(&text))));
        let list = Value::array(Array::Values(vec![text.clone(), text]));
        assert!((2000..2300).contains(&held_by(&[list.clone(), Value::Int(1)])));
        let nested = (0..100_000).fold(list, |inner, _| Value::ok(inner));
        assert!(held_by(&[nested]) > 100_000 * HEADER);
        let ints = Value::array(Array::Ints(vec![1; 100]));
        assert!((800..900).contains(&held_by(&[ints])));
    }

    #[test]
    fn what_is_uncounted_does_not_count() {
        let set = flag();
        let metered = Metered::start(100, 0, set);
        grew(10);
        uncounted(|| grew(50));
        assert_eq!(used(), 10);
        drop(metered);
    }

    #[test]
    fn what_an_inner_run_keeps_is_the_outer_runs_too() {
        let (outer_flag, inner_flag) = (flag(), flag());
        let outer = Metered::start(100, 0, Arc::clone(&outer_flag));
        grew(50);
        let inner = Metered::start(80, 0, Arc::clone(&inner_flag));
        assert_eq!(limit(), Some(80));
        grew(60);
        assert!(!inner_flag.load(Ordering::Relaxed));
        assert!(!outer_flag.load(Ordering::Relaxed));
        drop(inner);
        assert!(outer_flag.load(Ordering::Relaxed));
        assert_eq!(outer.passed(), Some(110));
    }
}
