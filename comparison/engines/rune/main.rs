//! Rune.

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use rune::alloc::String as Text;
use rune::runtime::{Ref, Vec as Texts};
use rune::{Any, Context, ContextError, Diagnostics, Module, Source, Sources, Vm};
use std::error::Error;
use std::sync::Arc;

#[derive(Any)]
struct Handle(Counter);

impl Handle {
    #[rune::function]
    fn tick(&self) -> i64 {
        self.0.tick()
    }
}

#[derive(Any)]
struct Output {
    #[rune(get)]
    status: i64,
    #[rune(get)]
    stdout: Text,
    #[rune(get)]
    stderr: Text,
}

fn fresh(text: &str) -> Text {
    Text::try_from(Fresh::after(text).text()).expect("there is memory")
}

fn lengths(texts: Ref<Texts>) -> i64 {
    hit();
    let length = |text: &rune::Value| text.borrow_string_ref().map_or(0, |text| text.len());
    texts.iter().map(length).sum::<usize>() as i64
}

fn host() -> Result<Module, ContextError> {
    let mut module = Module::new();
    module.ty::<Handle>()?;
    module.ty::<Output>()?;
    module.function_meta(Handle::tick)?;
    let unit = || {
        hit();
    };
    module.function("host_unit", unit).build()?;
    let int = |n: i64| {
        hit();
        n + 1
    };
    module.function("host_int", int).build()?;
    let length = |text: Ref<str>| {
        hit();
        text.len() as i64
    };
    module.function("host_length", length).build()?;
    let text = |text: Ref<str>| fresh(&text);
    module.function("host_text", text).build()?;
    module.function("host_lengths", lengths).build()?;
    let record = || Output {
        status: 0,
        stdout: fresh(HELLO),
        stderr: Text::new(),
    };
    module.function("host_record", record).build()?;
    Ok(module)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut context = Context::with_default_modules()?;
    context.install(host()?)?;
    let runtime = Arc::new(context.runtime()?);
    let mut sources = Sources::new();
    sources.insert(Source::memory(include_str!("script.rn"))?)?;
    let mut diagnostics = Diagnostics::new();
    let unit = rune::prepare(&mut sources)
        .with_context(&context)
        .with_diagnostics(&mut diagnostics)
        .build();
    for diagnostic in diagnostics.diagnostics() {
        eprintln!("{diagnostic:?}");
    }
    let unit = Arc::new(unit?);
    let mut loops = Loops::default();
    for shape in Shape::ALL {
        let mut vm = Vm::new(runtime.clone(), unit.clone());
        loops.add(shape, move |n| {
            let handle = Handle(Counter::default());
            let args = (n as i64, handle, HELLO, TEXTS.to_vec());
            vm.call([shape.name()], args).expect("the script runs");
        });
    }
    Ok(loops.serve()?)
}
