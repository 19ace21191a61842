use shape_embed::Engine;

fn main() {
    let script = Engine::new().unwrap().compile("a", "fn f(n) { n }").unwrap();
    let f = script.function::<(i64,), i64>("f").unwrap();
    let _ = script.start().unwrap().call(&f, ("text",));
}
