//! Starlark, the implementation in Rust.

#![allow(unsafe_code, reason = "starlark's macros write it")]

use allocative::Allocative;
use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder, MethodsStatic, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::list::UnpackList;
use starlark::values::none::NoneType;
use starlark::values::structs::AllocStruct;
use starlark::values::{
    FrozenHeapName, Heap, NoSerialize, ProvidesStaticType, StarlarkValue, StringValue, Value,
    starlark_value,
};
use starlark::{starlark_module, starlark_simple_value};
use std::error::Error;
use std::fmt;

#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative)]
struct Handle(#[allocative(skip)] Counter);

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

starlark_simple_value!(Handle);

#[starlark_value(type = "Handle")]
impl<'v> StarlarkValue<'v> for Handle {
    fn get_methods() -> Option<&'static Methods> {
        static METHODS: MethodsStatic = MethodsStatic::new("Handle", methods);
        Some(METHODS.methods())
    }
}

#[starlark_module]
fn methods(builder: &mut MethodsBuilder) {
    fn tick(this: &Handle) -> anyhow::Result<i32> {
        Ok(this.0.tick() as i32)
    }
}

/// Integers have 32 bits, since larger ones are on the heap.
#[starlark_module]
fn host(builder: &mut GlobalsBuilder) {
    fn host_unit() -> anyhow::Result<NoneType> {
        hit();
        Ok(NoneType)
    }

    fn host_int(#[starlark(require = pos)] n: i32) -> anyhow::Result<i32> {
        hit();
        Ok(n + 1)
    }

    fn host_length(#[starlark(require = pos)] text: &str) -> anyhow::Result<i32> {
        hit();
        Ok(text.len() as i32)
    }

    fn host_text<'v>(
        #[starlark(require = pos)] text: &str,
        heap: Heap<'v>,
    ) -> anyhow::Result<StringValue<'v>> {
        Ok(heap.alloc_str(Fresh::after(text).text()))
    }

    fn host_lengths<'v>(
        #[starlark(require = pos)] texts: UnpackList<&'v str>,
    ) -> anyhow::Result<i32> {
        hit();
        Ok(texts.items.iter().map(|text| text.len()).sum::<usize>() as i32)
    }

    fn host_record<'v>(heap: Heap<'v>) -> anyhow::Result<Value<'v>> {
        let fields = [
            ("status", heap.alloc(0)),
            ("stdout", heap.alloc(Fresh::after(HELLO).text())),
            ("stderr", heap.alloc("")),
        ];
        Ok(heap.alloc(AllocStruct(fields)))
    }
}

fn measure() -> starlark::Result<()> {
    let globals = GlobalsBuilder::standard().with(host).build();
    let parse = |text: String| AstModule::parse("loops", text, &Dialect::Standard);
    let script = parse(include_str!("script.star").to_owned())?;
    Module::with_temp_heap(|module| {
        let heap = module.heap();
        module.set("COUNTER", heap.alloc(Handle(Counter::default())));
        module.set("HELLO", heap.alloc(HELLO));
        module.set("TEXTS", heap.alloc(TEXTS.to_vec()));
        Evaluator::new(&module).eval_module(script, &globals)?;
        let script = module.freeze_named(FrozenHeapName::User(Box::new("loops".to_owned())))?;
        let mut loops = Loops::default();
        for shape in Shape::ALL {
            let (script, globals) = (&script, &globals);
            loops.add(shape, move |n| {
                Module::with_temp_heap(|module| {
                    module.import_public_symbols(script);
                    let call = parse(format!("{}({n})", shape.name())).expect("is a call");
                    let ran = Evaluator::new(&module)
                        .eval_module(call, globals)
                        .map(|_| ());
                    ran.expect("the script runs");
                });
            });
        }
        loops.serve().map_err(starlark::Error::new_other)
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    Ok(measure().map_err(starlark::Error::into_anyhow)?)
}
