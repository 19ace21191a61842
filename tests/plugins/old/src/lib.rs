//! A plugin that is written against the border itself, and not with `shape-runtime`: what it does, every
//! plugin of version 1.0 does.
//!
//! # Safety
//!
//! All functions are called by a host that keeps to version 1.0: it passes pointers that are valid for the
//! call, views of what it lends, and handles that it got from here.

#![allow(
    dead_code,
    reason = "it is all of the border, and not only what this plugin uses"
)]

mod abi_v1_0;

use abi_stable::export_root_module;
use abi_stable::prefix_type::PrefixTypeTrait as _;
use abi_stable::std_types::RStr;
use abi_v1_0::*;
use std::cell::Cell;
use std::rc::Rc;

const DONE: Status = Status(0);
const ERROR: Status = Status(1);

const NONE_KIND: u8 = 1;
const BOOL_KIND: u8 = 3;
const INT_KIND: u8 = 4;
const STRING_KIND: u8 = 8;
const ARRAY_KIND: u8 = 13;
const RECORD_KIND: u8 = 15;
const ERROR_KIND: u8 = 20;
const HANDLE_KIND: u8 = 22;

const DESCRIPTION: &str = r#"[{
    "name": "old", "doc": "Old.", "source": "pub fn twice(n: int) -> int { add(n, n) }",
    "fns": [
        { "name": "add", "doc": "", "needs": [], "mutates": false, "ret": "Int", "params": [
            { "name": "a", "ty": "Int", "default": null },
            { "name": "b", "ty": "Int", "default": { "Int": 1 } } ] },
        { "name": "greet", "doc": "", "needs": [], "mutates": false, "ret": "String", "params": [
            { "name": "name", "ty": "String", "default": null } ] },
        { "name": "longest", "doc": "", "needs": [], "mutates": false,
          "ret": { "Record": { "name": "Longest", "fields": [
            { "name": "word", "ty": "String", "default": null },
            { "name": "sizes", "ty": { "Array": "Int" }, "default": null } ] } },
          "params": [ { "name": "words", "ty": { "Array": "String" }, "default": null } ] },
        { "name": "fail", "doc": "", "needs": ["fs.read"], "mutates": false, "ret": "Unit", "params": [] },
        { "name": "say", "doc": "", "needs": [], "mutates": false, "ret": "Unit", "params": [
            { "name": "text", "ty": "String", "default": null } ] },
        { "name": "light", "doc": "", "needs": [], "mutates": false, "ret": { "Resource": "IoHandle" },
          "params": [] },
        { "name": "is_on", "doc": "", "needs": [], "mutates": false, "ret": "Bool", "params": [
            { "name": "light", "ty": { "Resource": "IoHandle" }, "default": null } ] },
        { "name": "off", "doc": "", "needs": [], "mutates": false, "ret": "Unit", "params": [
            { "name": "light", "ty": { "Resource": "IoHandle" }, "default": null } ] }
    ]
}]"#;

/// What is kept for a run.
struct State {
    plugin: u32,
    host: HostRef,
    lights: u64,
}

/// A resource, and the slot that it has in this run.
struct Light {
    slot: u64,
    on: Cell<bool>,
}

fn view(kind: u8, at: *const (), bits: u64) -> View {
    View {
        kind: Kind(kind),
        shown: 0,
        extra: 0,
        at,
        bits,
        #[cfg(feature = "other-layout")]
        more: 0,
    }
}

fn text(text: &str) -> View {
    view(STRING_KIND, text.as_ptr().cast(), text.len() as u64)
}

/// Something whose items are these.
fn shown(kind: u8, items: &[View]) -> View {
    let mut of = view(kind, items.as_ptr().cast(), items.len() as u64);
    of.shown = 1;
    of
}

unsafe fn read<'a>(view: View) -> &'a str {
    if view.bits == 0 {
        return "";
    }
    unsafe {
        let bytes = std::slice::from_raw_parts(view.at.cast::<u8>(), view.bits as usize);
        std::str::from_utf8(bytes).expect("strings are UTF-8")
    }
}

unsafe fn give(call: &Call, what: View) -> Status {
    unsafe { (call.sink.take)(call.sink.data, &what) };
    DONE
}

unsafe fn fail(sink: Sink, kind: &str, message: &str) -> Status {
    let none = view(NONE_KIND, std::ptr::null(), 0);
    let items = [
        text(kind),
        text(message),
        view(BOOL_KIND, std::ptr::null(), 0),
        none,
        none,
    ];
    unsafe { (sink.take)(sink.data, &shown(ERROR_KIND, &items)) };
    ERROR
}

unsafe extern "C" fn call(data: *const (), state: *mut (), call: *mut Call) -> Status {
    unsafe {
        let (state, call) = (&mut *state.cast::<State>(), &mut *call);
        let value = |index: usize| {
            assert!(index < call.value_count);
            *call.values.add(index)
        };
        match data as usize {
            0 => {
                assert!(call.scalar_count >= 2);
                *call.scalars = (*call.scalars).wrapping_add(*call.scalars.add(1));
                DONE
            }
            1 => give(call, text(&format!("hello {}", read(value(0))))),
            2 => longest(state, call, value(0)),
            3 => fail(call.sink, "old", "it is too old"),
            4 => {
                let said = value(0);
                (state.host.print())(
                    call.run,
                    false,
                    said.at.cast(),
                    said.bits as usize,
                    call.sink,
                )
            }
            5 => {
                let light = Rc::new(Light {
                    slot: state.lights,
                    on: Cell::new(true),
                });
                state.lights += 1;
                let mut handle = view(HANDLE_KIND, (&raw const light).cast(), light.slot);
                handle.extra = state.plugin;
                give(call, handle)
            }
            6 | 7 => {
                let handle = value(0);
                if handle.at.is_null() || handle.extra != state.plugin {
                    return fail(call.sink, "invalid", "that is no light");
                }
                let light = &*handle.at.cast::<Rc<Light>>();
                match data as usize {
                    6 => *call.scalars = u64::from(light.on.get()),
                    _ => {
                        light.on.set(false);
                    }
                }
                DONE
            }
            _ => fail(call.sink, "internal", "there is no such function"),
        }
    }
}

/// The longest of the words, and how long all are.
unsafe fn longest(state: &State, call: &Call, words: View) -> Status {
    let mut sizes = Vec::new();
    let mut found = "";
    loop {
        let mut room = [view(NONE_KIND, std::ptr::null(), 0); 3];
        let read_now = match words.shown {
            1 => panic!("the host reads its own values through its table"),
            _ => unsafe {
                (state.host.access().items())(&words, sizes.len(), room.as_mut_ptr(), room.len())
            },
        };
        for word in &room[..read_now] {
            let word = unsafe { read(*word) };
            sizes.push(word.len() as u64);
            if word.len() > found.len() {
                found = word;
            }
        }
        if read_now < room.len() {
            break;
        }
    }
    let sizes: Vec<View> = sizes
        .into_iter()
        .map(|size| view(INT_KIND, std::ptr::null(), size))
        .collect();
    let fields = [text(found), shown(ARRAY_KIND, &sizes)];
    unsafe { give(call, shown(RECORD_KIND, &fields)) }
}

unsafe extern "C" fn describe(sink: Sink) -> Status {
    unsafe { (sink.take)(sink.data, &text(DESCRIPTION)) };
    DONE
}

unsafe extern "C" fn function(_: u32, function: u32) -> Function {
    Function {
        data: function as usize as *const (),
        call,
    }
}

unsafe extern "C" fn open(plugin: u32, host: HostRef, _: *mut ()) -> *mut () {
    Box::into_raw(Box::new(State {
        plugin,
        host,
        lights: 0,
    }))
    .cast()
}

unsafe extern "C" fn close(state: *mut ()) {
    drop(unsafe { Box::from_raw(state.cast::<State>()) });
}

unsafe extern "C" fn items(_: *const View, _: usize, _: *mut View, _: usize) -> usize {
    0
}

unsafe extern "C" fn name(_: *const View, _: usize) -> View {
    view(NONE_KIND, std::ptr::null(), 0)
}

unsafe extern "C" fn keep(handle: *const ()) -> *const () {
    let light = unsafe { &*handle.cast::<Rc<Light>>() };
    Box::into_raw(Box::new(Rc::clone(light))).cast()
}

unsafe extern "C" fn release(handle: *const ()) {
    drop(unsafe { Box::from_raw(handle.cast_mut().cast::<Rc<Light>>()) });
}

unsafe extern "C" fn is_open(handle: *const ()) -> bool {
    unsafe { &*handle.cast::<Rc<Light>>() }.on.get()
}

unsafe extern "C" fn label(_: *const ()) -> View {
    text("a light")
}

unsafe extern "C" fn type_name(_: *const ()) -> View {
    text("IoHandle")
}

#[export_root_module]
fn root() -> RootRef {
    Root {
        name: RStr::from_str("old-plugin"),
        version: RStr::from_str("0.0.1"),
        describe,
        function,
        open,
        close,
        access: Access { items, name }.leak_into_prefix(),
        handles: Handles {
            keep,
            release,
            is_open,
            label,
            type_name,
        }
        .leak_into_prefix(),
    }
    .leak_into_prefix()
}
