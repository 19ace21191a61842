//! An allocator that counts.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use shape_value::memory::{grew, shrank};
use std::alloc::{GlobalAlloc, Layout, System};

/// The allocator of a host whose runs have memory limits. It passes everything on to another one, the
/// system's by default, and counts what each thread takes.
///
/// ```
/// use shape_embed::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator::system();
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator<A = System>(A);

impl CountingAllocator {
    /// Counts what the system's allocator gives.
    #[must_use]
    pub const fn system() -> Self {
        Self(System)
    }
}

impl<A> CountingAllocator<A> {
    /// Counts what `allocator` gives.
    #[must_use]
    pub const fn over(allocator: A) -> Self {
        Self(allocator)
    }
}

// SAFETY: every call is passed on as it is to an allocator that keeps the contract of `GlobalAlloc`.
// `grew` and `shrank` only change cells of the thread: they neither allocate nor unwind.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `alloc`, which is the same here.
        let block = unsafe { self.0.alloc(layout) };
        if !block.is_null() {
            grew(layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back a block of this allocator, which came from the inner one.
        unsafe { self.0.dealloc(block, layout) };
        shrank(layout.size());
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `alloc_zeroed`, which is the same here.
        let block = unsafe { self.0.alloc_zeroed(layout) };
        if !block.is_null() {
            grew(layout.size());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller gives a block of this allocator, which came from the inner one, and
        // upholds the rest of the contract, which is the same here.
        let moved = unsafe { self.0.realloc(block, layout, new_size) };
        if !moved.is_null() {
            grew(new_size);
            shrank(layout.size());
        }
        moved
    }
}

/// Whether the program's allocator counts.
pub(crate) fn is_counting() -> bool {
    let before = shape_value::memory::used();
    let block = std::hint::black_box(Box::new([0_u8; 64]));
    let counts = shape_value::memory::used() != before;
    drop(block);
    counts
}
