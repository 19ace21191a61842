//! Rhai.

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Scope};
use std::error::Error;
use std::rc::Rc;

#[derive(Clone, Default)]
struct Handle(Rc<Counter>);

fn host(engine: &mut Engine) {
    engine.register_type_with_name::<Handle>("Handle");
    engine.register_fn("tick", |handle: &mut Handle| handle.0.tick());
    engine.register_fn("host_unit", || {
        hit();
    });
    engine.register_fn("host_int", |n: i64| {
        hit();
        n + 1
    });
    engine.register_fn("host_length", |text: &str| {
        hit();
        text.len() as i64
    });
    engine.register_fn("host_text", |text: &str| {
        ImmutableString::from(Fresh::after(text).text())
    });
    engine.register_fn("host_lengths", |texts: &mut Array| {
        hit();
        let length = |text: &Dynamic| text.read_lock::<ImmutableString>().map_or(0, |t| t.len());
        texts.iter().map(length).sum::<usize>() as i64
    });
    engine.register_fn("host_record", || {
        let stdout = ImmutableString::from(Fresh::after(HELLO).text());
        Map::from([
            ("status".into(), Dynamic::from(0_i64)),
            ("stdout".into(), Dynamic::from(stdout)),
            ("stderr".into(), Dynamic::from(ImmutableString::new())),
        ])
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut engine = Engine::new();
    host(&mut engine);
    let script = engine.compile(include_str!("script.rhai"))?;
    let texts: Array = TEXTS.map(Dynamic::from).to_vec();
    let handle = Handle::default();
    let mut loops = Loops::default();
    for shape in Shape::ALL {
        let (engine, script, handle, texts) = (&engine, &script, &handle, &texts);
        loops.add(shape, move |n| {
            let args = (n as i64, handle.clone(), HELLO, texts.clone());
            let ran = engine.call_fn::<Dynamic>(&mut Scope::new(), script, shape.name(), args);
            ran.expect("the script runs");
        });
    }
    Ok(loops.serve()?)
}
