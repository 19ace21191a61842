//! Koto.

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use koto::derive::{KotoCopy, KotoType, koto_impl, koto_method};
use koto::prelude::*;
use koto::runtime;
use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

#[derive(Clone, Default, KotoCopy, KotoType)]
struct Handle(Rc<Counter>);

#[koto_impl]
impl Handle {
    #[koto_method]
    fn tick(&self) -> KValue {
        self.0.tick().into()
    }
}

impl KotoObject for Handle {
    fn display(&self, out: &mut DisplayContext) -> runtime::Result<()> {
        out.append("Handle");
        Ok(())
    }
}

fn length(text: &KValue) -> usize {
    match text {
        KValue::Str(text) => text.len(),
        _ => 0,
    }
}

fn host(names: &KMap) {
    names.add_fn("host_unit", |_| {
        hit();
        Ok(KValue::Null)
    });
    names.add_fn("host_int", |call| match call.args() {
        [KValue::Number(n)] => {
            hit();
            Ok((i64::from(*n) + 1).into())
        }
        other => unexpected_args("|Number|", other),
    });
    names.add_fn("host_length", |call| match call.args() {
        [text @ KValue::Str(_)] => {
            hit();
            Ok(length(text).into())
        }
        other => unexpected_args("|String|", other),
    });
    names.add_fn("host_text", |call| match call.args() {
        [KValue::Str(text)] => Ok(Fresh::after(text).text().into()),
        other => unexpected_args("|String|", other),
    });
    names.add_fn("host_lengths", |call| match call.args() {
        [KValue::List(texts)] => {
            hit();
            Ok(texts.data().iter().map(length).sum::<usize>().into())
        }
        other => unexpected_args("|List|", other),
    });
    names.add_fn("host_record", |_| {
        let record = KMap::with_capacity(3);
        record.insert("status", 0);
        record.insert("stdout", Fresh::after(HELLO).text());
        record.insert("stderr", "");
        Ok(record.into())
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut koto = Koto::default();
    host(koto.prelude());
    koto.compile_and_run(include_str!("script.koto"))?;
    let texts: Vec<KValue> = TEXTS.map(KValue::from).to_vec();
    let shared = [
        KObject::from(Handle::default()).into(),
        HELLO.into(),
        KList::from_slice(&texts).into(),
    ];
    let [handle, text, texts]: [KValue; 3] = shared;
    let koto = Rc::new(RefCell::new(koto));
    let mut loops = Loops::default();
    for shape in Shape::ALL {
        let koto = Rc::clone(&koto);
        let (handle, text, texts) = (handle.clone(), text.clone(), texts.clone());
        loops.add(shape, move |n| {
            let args = [n.into(), handle.clone(), text.clone(), texts.clone()];
            let mut koto = koto.borrow_mut();
            let ran = koto.call_exported_function(shape.name(), &args);
            ran.expect("the script runs");
        });
    }
    Ok(loops.serve()?)
}
