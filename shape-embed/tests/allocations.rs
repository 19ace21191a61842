//! A call allocates nothing for scalars; and a host whose allocator does not count.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use shape_embed::{BuildError, Engine, Limits, Stdio};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static BLOCKS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the blocks that this thread takes.
struct Blocks;

// SAFETY: every call is passed on as it is to the system's allocator; the cell neither allocates nor
// unwinds.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.set(BLOCKS.get() + 1);
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from the system's allocator.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Blocks = Blocks;

#[test]
fn a_call_with_scalars_allocates_nothing() {
    let engine = Engine::builder().stdout(Stdio::capture()).build().unwrap();
    let text = "let mut calls = 0\nfn f(n: int) { calls += 1; n + calls }\nfn g(x: number, b: bool) { if b { x } else { -x } }\nfn h(n) { if n == 0 { 0 } else { h(n - 1) } }";
    let script = engine.compile("test.shape", text).unwrap();
    let f = script.function::<(i64,), i64>("f").unwrap();
    let g = script.function::<(f64, bool), f64>("g").unwrap();
    let h = script.function::<(i64,), i64>("h").unwrap();
    let mut instance = script.start().unwrap();
    // Whatever grows has grown after the first calls.
    instance.call(&h, (50,)).unwrap();
    let before = BLOCKS.get();
    for n in 0..100 {
        assert_eq!(instance.call(&f, (n,)).unwrap(), 2 * n + 1);
        assert_eq!(instance.call(&g, (1.5, false)).unwrap(), -1.5);
        assert_eq!(instance.call(&h, (50,)).unwrap(), 0);
    }
    assert_eq!(BLOCKS.get(), before);
}

#[test]
fn an_allocator_that_tells_nobody_cannot_keep_a_memory_limit() {
    let limits = Limits::none().memory(1 << 30);
    let built = Engine::builder().limits(limits).build();
    assert!(matches!(built, Err(BuildError::NothingCounts)));
    let script = Engine::new().unwrap().compile("test.shape", "1").unwrap();
    let limited = script.prepare().limits(limits);
    assert!(matches!(limited, Err(BuildError::NothingCounts)));
}
