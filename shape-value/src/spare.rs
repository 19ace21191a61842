//! Memory of short texts and small records that nobody holds any more, kept for the next ones.
//!
//! A script that reads lines, puts keys together or asks the host for a record makes and drops such a
//! value at every step. Each thread keeps a few of those dropped last, so that such a step asks the
//! allocator for nothing. A record keeps its shape too, so that the next one of the same type does not
//! touch the counter of references, which threads share.

use crate::{Record, Shape, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// How many of each kind are kept besides the last one.
const MAX_SPARE: usize = 63;

/// The most bytes that a kept text has room for: no thread keeps more than 24 KiB of them in all.
const MAX_BYTES: usize = 256;

/// The room of a new text. The allocator gives no less for a single byte.
const MIN_BYTES: usize = 24;

/// The most fields that a kept record has room for.
const MAX_FIELDS: usize = 16;

/// Spare ones of one kind: the one that was dropped last, where a single load finds it, and others.
struct Spare<T> {
    last: Cell<Option<Rc<T>>>,
    others: RefCell<Vec<Rc<T>>>,
}

impl<T> Spare<T> {
    const fn new() -> Self {
        Self {
            last: Cell::new(None),
            others: RefCell::new(Vec::new()),
        }
    }

    #[inline(always)]
    fn take(&self) -> Option<Rc<T>> {
        self.last.take().or_else(|| self.take_other())
    }

    #[inline(never)]
    fn take_other(&self) -> Option<Rc<T>> {
        self.others.try_borrow_mut().ok()?.pop()
    }

    #[inline(always)]
    fn keep(&self, spare: Rc<T>) {
        if let Some(before) = self.last.replace(Some(spare)) {
            self.keep_other(before);
        }
    }

    #[inline(never)]
    fn keep_other(&self, spare: Rc<T>) {
        if let Ok(mut others) = self.others.try_borrow_mut()
            && others.len() < MAX_SPARE
        {
            others.push(spare);
        }
    }
}

thread_local! {
    static TEXTS: Spare<String> = const { Spare::new() };
    static RECORDS: Spare<Record> = const { Spare::new() };
}

/// The two texts, one behind the other, in memory of their own.
///
/// Nothing but the copying sees the texts: then one that the caller has in registers goes to its place
/// from there.
#[inline(always)]
pub(crate) fn joined(first: &str, second: &str) -> Rc<String> {
    let mut text = match take_text() {
        Some(spare) => spare,
        None => new_text(first.len() + second.len()),
    };
    // Nobody else holds it.
    if let Some(own) = Rc::get_mut(&mut text) {
        own.push_str(first);
        own.push_str(second);
    }
    text
}

/// `text` itself, without a copy.
#[inline]
pub(crate) fn owning(text: String) -> Rc<String> {
    if let Some(mut spare) = take_text()
        && let Some(own) = Rc::get_mut(&mut spare)
    {
        *own = text;
        return spare;
    }
    Rc::new(text)
}

/// Lets go of `text`; keeps its memory where it is short and nobody else holds it.
#[inline(always)]
pub(crate) fn keep(text: Rc<String>) {
    if Rc::strong_count(&text) == 1 {
        keep_memory(text);
    }
}

/// As [`keep`], without a call: for where texts are made in loops, and not for everywhere that one is
/// dropped.
#[inline(always)]
pub(crate) fn keep_here(mut text: Rc<String>) {
    if let Some(own) = Rc::get_mut(&mut text)
        && own.capacity() <= MAX_BYTES
    {
        own.clear();
        // A thread that ends has no place for it any more, and it is freed with the closure.
        let _ = TEXTS.try_with(move |texts| texts.keep(text));
    }
}

#[inline(never)]
fn keep_memory(text: Rc<String>) {
    keep_here(text);
}

/// An empty text in memory that somebody left.
#[inline(always)]
fn take_text() -> Option<Rc<String>> {
    TEXTS.try_with(Spare::take).ok()?
}

/// An empty text with room for so many bytes.
#[inline(never)]
fn new_text(bytes: usize) -> Rc<String> {
    Rc::new(String::with_capacity(bytes.max(MIN_BYTES)))
}

/// A record of this shape that nobody else holds, with `len` fields that are `None`.
#[inline(always)]
pub(crate) fn record(shape: &Arc<Shape>, len: usize) -> Rc<Record> {
    let mut spare = match RECORDS.try_with(Spare::take) {
        Ok(Some(spare)) => spare,
        _ => return new_record(shape, len),
    };
    if let Some(own) = Rc::get_mut(&mut spare)
        && (!Arc::ptr_eq(&own.shape, shape) || own.fields.len() != len)
    {
        change(own, shape, len);
    }
    spare
}

/// Keeps the memory of a record that nobody else holds and whose fields are all `None`.
#[inline]
pub(crate) fn keep_record(record: Rc<Record>) {
    if record.fields.capacity() <= MAX_FIELDS {
        // As for texts.
        let _ = RECORDS.try_with(move |records| records.keep(record));
    }
}

#[inline(never)]
fn new_record(shape: &Arc<Shape>, len: usize) -> Rc<Record> {
    let mut record = Record {
        shape: shape.clone(),
        fields: Vec::new(),
    };
    record.fields.resize_with(len, Value::default);
    Rc::new(record)
}

#[inline(never)]
fn change(record: &mut Record, shape: &Arc<Shape>, len: usize) {
    record.shape = shape.clone();
    record.fields.resize_with(len, Value::default);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept<T>(spare: &Spare<T>) -> usize {
        let last = spare.last.take();
        let count = spare.others.borrow().len() + usize::from(last.is_some());
        spare.last.set(last);
        count
    }

    #[test]
    fn keeps_few_and_only_short_texts() {
        keep(Rc::new("x".repeat(MAX_BYTES + 1)));
        assert_eq!(TEXTS.with(kept), 0);
        for _ in 0..2 * MAX_SPARE {
            keep(Rc::new("x".repeat(MAX_BYTES)));
        }
        assert_eq!(TEXTS.with(kept), MAX_SPARE + 1);
        assert_eq!(*joined("x", ""), "x");
        assert_eq!(*joined("y", "z"), "yz");
        assert_eq!(TEXTS.with(kept), MAX_SPARE - 1);
    }

    #[test]
    fn keeps_few_and_only_small_records() {
        let shape = Shape::new(None, []);
        keep_record(new_record(&shape, MAX_FIELDS + 1));
        assert_eq!(RECORDS.with(kept), 0);
        for _ in 0..2 * MAX_SPARE {
            keep_record(new_record(&shape, MAX_FIELDS));
        }
        assert_eq!(RECORDS.with(kept), MAX_SPARE + 1);
    }
}
