//! Memory of short texts that nobody holds any more, kept for the next ones.
//!
//! A script that reads lines or puts keys together makes and drops a short text at every step. Each
//! thread keeps a few of those dropped last, so that such a step asks the allocator for nothing.

use std::cell::RefCell;
use std::rc::Rc;

/// How many are kept.
const MAX_SPARE: usize = 64;

/// The most bytes that a kept one has room for: no thread keeps more than 24 KiB in all.
const MAX_BYTES: usize = 256;

/// The room of a new one. The allocator gives no less for a single byte.
const MIN_BYTES: usize = 24;

thread_local! {
    static SPARE: RefCell<Vec<Rc<String>>> = const { RefCell::new(Vec::new()) };
}

/// The two texts, one behind the other, in memory of their own.
#[inline]
pub(crate) fn joined(first: &str, second: &str) -> Rc<String> {
    if let Some(mut spare) = take()
        && let Some(own) = Rc::get_mut(&mut spare)
    {
        own.clear();
        own.push_str(first);
        own.push_str(second);
        return spare;
    }
    new(first, second)
}

/// `text` itself, without a copy.
#[inline]
pub(crate) fn owning(text: String) -> Rc<String> {
    if let Some(mut spare) = take()
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

#[inline]
fn take() -> Option<Rc<String>> {
    SPARE
        .try_with(|spare| spare.try_borrow_mut().ok()?.pop())
        .ok()?
}

#[inline(never)]
fn keep_memory(text: Rc<String>) {
    if text.capacity() > MAX_BYTES {
        return;
    }
    // A thread that ends has no place for it any more, and `text` is freed with the closure.
    let _ = SPARE.try_with(move |spare| {
        if let Ok(mut spare) = spare.try_borrow_mut()
            && spare.len() < MAX_SPARE
        {
            spare.push(text);
        }
    });
}

#[inline(never)]
fn new(first: &str, second: &str) -> Rc<String> {
    let bytes = first.len() + second.len();
    let mut text = String::with_capacity(bytes.max(MIN_BYTES));
    text.push_str(first);
    text.push_str(second);
    Rc::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    #[test]
    fn keeps_few_and_only_short_ones() {
        keep(Rc::new("x".repeat(MAX_BYTES + 1)));
        assert_eq!(kept(), 0);
        for _ in 0..2 * MAX_SPARE {
            keep(Rc::new("x".repeat(MAX_BYTES)));
        }
        assert_eq!(kept(), MAX_SPARE);
        let _ = joined("x", "");
        assert_eq!(kept(), MAX_SPARE - 1);
    }
}
