//! QuickJS, by rquickjs.

#![allow(missing_docs, reason = "rquickjs' macros write functions")]

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use rquickjs::class::Trace;
use rquickjs::{Array, Class, Context, Ctx, Function, JsLifetime, Object, Runtime, Value};
use std::error::Error;

/// What the script has a handle to.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub struct Handle {
    #[qjs(skip_trace)]
    counter: Counter,
}

#[rquickjs::methods]
impl Handle {
    /// Counts.
    pub fn tick(&self) -> i64 {
        self.counter.tick()
    }
}

fn lengths(texts: Array<'_>) -> rquickjs::Result<i64> {
    hit();
    let mut total = 0;
    for text in texts.iter::<String>() {
        total += text?.len();
    }
    Ok(total as i64)
}

fn record(cx: Ctx<'_>) -> rquickjs::Result<Object<'_>> {
    let record = Object::new(cx)?;
    record.set("status", 0)?;
    record.set("stdout", Fresh::after(HELLO).text())?;
    record.set("stderr", "")?;
    Ok(record)
}

fn host(cx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = cx.globals();
    globals.set("hello", HELLO)?;
    globals.set("texts", TEXTS.to_vec())?;
    let counter = Counter::default();
    globals.set("counter", Class::instance(cx.clone(), Handle { counter })?)?;
    let unit = Function::new(cx.clone(), || {
        hit();
    });
    globals.set("host_unit", unit?)?;
    let int = Function::new(cx.clone(), |n: i64| {
        hit();
        n + 1
    });
    globals.set("host_int", int?)?;
    let length = Function::new(cx.clone(), |text: String| {
        hit();
        text.len() as i64
    });
    globals.set("host_length", length?)?;
    let text = |text: String| Fresh::after(&text).text().to_owned();
    globals.set("host_text", Function::new(cx.clone(), text)?)?;
    globals.set("host_lengths", Function::new(cx.clone(), lengths)?)?;
    globals.set("host_record", Function::new(cx.clone(), record)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let context = Context::full(&Runtime::new()?)?;
    context.with(|cx| {
        host(&cx)?;
        cx.eval::<(), _>(include_str!("script.js"))?;
        let mut loops = Loops::default();
        for shape in Shape::ALL {
            let run: Function = cx.globals().get(shape.name())?;
            loops.add(shape, move |n| {
                let _: Value = run.call((n as f64,)).expect("the script runs");
            });
        }
        Ok(loops.serve()?)
    })
}
