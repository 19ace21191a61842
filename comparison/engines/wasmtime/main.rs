//! WebAssembly, by wasmtime's typed functions. Texts are a place and a length in the guest's memory, as its
//! interface types have them; what the host gives is written where the guest says.

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use wasmtime::{Caller, Engine, Linker, Memory, Module, Store};

/// Where the script has its texts, and where the pairs of address and length of those in the array are.
const TEXTS_AT: usize = 16;
const PAIRS_AT: usize = 256;

#[derive(Default)]
struct State {
    memory: Option<Memory>,
    handles: Vec<Counter>,
}

fn memory<'a>(caller: &'a mut Caller<'_, State>) -> wasmtime::Result<&'a mut [u8]> {
    let memory = caller.data().memory;
    let memory = memory.ok_or_else(|| wasmtime::format_err!("there is no memory yet"))?;
    Ok(memory.data_mut(caller))
}

fn outside() -> wasmtime::Error {
    wasmtime::format_err!("outside of the memory")
}

fn text(memory: &[u8], at: u32, length: u32) -> wasmtime::Result<&str> {
    let bytes = memory.get(at as usize..).ok_or_else(outside)?;
    let bytes = bytes.get(..length as usize).ok_or_else(outside)?;
    Ok(std::str::from_utf8(bytes)?)
}

fn chunk<const N: usize>(memory: &mut [u8], at: usize) -> wasmtime::Result<&mut [u8; N]> {
    let bytes = memory.get_mut(at..).ok_or_else(outside)?;
    bytes.first_chunk_mut().ok_or_else(outside)
}

fn lengths(mut caller: Caller<'_, State>, at: u32, count: u32) -> wasmtime::Result<i64> {
    hit();
    let memory = memory(&mut caller)?;
    let pairs = memory.get(at as usize..).ok_or_else(outside)?;
    let pairs = pairs.get(..count as usize * 8).ok_or_else(outside)?;
    let mut total = 0;
    for pair in pairs.as_chunks::<8>().0 {
        let pair = u64::from_le_bytes(*pair);
        total += text(memory, pair as u32, (pair >> 32) as u32)?.len();
    }
    Ok(total as i64)
}

/// The status, two pairs of address and length, and the bytes of the first text.
fn record(mut caller: Caller<'_, State>, at: u32) -> wasmtime::Result<()> {
    let record: &mut [u8; 40] = chunk(memory(&mut caller)?, at as usize)?;
    record[..8].copy_from_slice(&0_i64.to_le_bytes());
    let stdout = u64::from(at + 24) | (16 << 32);
    record[8..16].copy_from_slice(&stdout.to_le_bytes());
    record[16..24].copy_from_slice(&0_u64.to_le_bytes());
    record[24..].copy_from_slice(Fresh::after(HELLO).bytes());
    Ok(())
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker: Linker<State> = Linker::new(engine);
    linker.func_wrap("host", "unit", || {
        hit();
    })?;
    linker.func_wrap("host", "int", |n: i64| {
        hit();
        n + 1
    })?;
    linker.func_wrap(
        "host",
        "length",
        |mut caller: Caller<'_, State>, at: u32, length: u32| -> wasmtime::Result<i64> {
            hit();
            Ok(text(memory(&mut caller)?, at, length)?.len() as i64)
        },
    )?;
    linker.func_wrap(
        "host",
        "text",
        |mut caller: Caller<'_, State>, at: u32, length: u32, to: u32| -> wasmtime::Result<u32> {
            let memory = memory(&mut caller)?;
            let fresh = Fresh::after(text(memory, at, length)?);
            *chunk(memory, to as usize)? = *fresh.bytes();
            Ok(16)
        },
    )?;
    linker.func_wrap("host", "lengths", lengths)?;
    linker.func_wrap(
        "host",
        "tick",
        |caller: Caller<'_, State>, handle: u32| -> wasmtime::Result<i64> {
            let counter = caller.data().handles.get(handle as usize);
            let counter = counter.ok_or_else(|| wasmtime::format_err!("no such handle"))?;
            Ok(counter.tick())
        },
    )?;
    linker.func_wrap("host", "record", record)?;
    Ok(linker)
}

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("script.wat"))?;
    let mut store = Store::new(&engine, State::default());
    let instance = linker(&engine)?.instantiate(&mut store, &module)?;
    let memory = instance.get_memory(&mut store, "memory");
    let memory = memory.ok_or("the module has a memory")?;
    memory.write(&mut store, 0, HELLO.as_bytes())?;
    memory.write(&mut store, TEXTS_AT, TEXTS.concat().as_bytes())?;
    for at in 0..TEXTS.len() {
        let pair = (TEXTS_AT + at * 16) as u64 | (16 << 32);
        memory.write(&mut store, PAIRS_AT + at * 8, &pair.to_le_bytes())?;
    }
    let state = store.data_mut();
    state.memory = Some(memory);
    state.handles.push(Counter::default());

    let mut functions = Vec::new();
    for shape in Shape::ALL {
        functions.push((
            shape,
            instance.get_typed_func::<i64, i64>(&mut store, shape.name())?,
        ));
    }
    let store = Rc::new(RefCell::new(store));
    let mut loops = Loops::default();
    for (shape, run) in functions {
        let store = Rc::clone(&store);
        loops.add(shape, move |n| {
            let mut store = store.borrow_mut();
            let ran = run.call(&mut *store, n as i64);
            ran.expect("the module runs");
        });
    }
    Ok(loops.serve()?)
}
