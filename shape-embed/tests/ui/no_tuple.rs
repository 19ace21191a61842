use shape_embed::Engine;

fn main() {
    let script = Engine::new().unwrap().compile("a", "fn f(n) { n }").unwrap();
    let _ = script.function::<i64, i64>("f");
}
