//! Rules of a shop in a script: a function that is called for every order, with structs of the host.

use shape_embed::{Engine, Function, Instance, record};
use std::error::Error;

record! {
    /// What a customer wants.
    struct Order out {
        customer: String,
        items: i64,
        total: f64,
    }
}

record! {
    /// What the rules say about it.
    #[derive(Debug)]
    struct Decision in {
        price: f64,
        reasons: Vec<String> = [],
    }
}

const RULES: &str = r#"
let discounts = { many: 0.1, loyal: 0.05 }
let mut seen = HashMap()

fn decide(order) {
    let mut price = order.total
    let mut reasons = []
    if order.items >= 10 {
        price -= order.total * discounts.many
        reasons.push("ten or more")
    }
    let times = seen.get(order.customer) ?? 0
    seen.set(order.customer, times + 1)
    if times >= 2 {
        price -= order.total * discounts.loyal
        reasons.push(f"order number {times + 1}")
    }
    { price: price, reasons: reasons }
}
"#;

/// The rules, with what they remember.
struct Rules {
    decide: Function<(Order,), Decision>,
    instance: Instance,
}

impl Rules {
    fn new(engine: &Engine, text: &str) -> Result<Self, Box<dyn Error>> {
        let script = engine.compile("rules.shape", text)?;
        // The types are compared here, once; a call converts and compares nothing.
        let decide = script.function("decide")?;
        let instance = script.start()?;
        Ok(Self { decide, instance })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::new()?;
    let mut rules = Rules::new(&engine, RULES)?;
    for (customer, items, total) in [("ada", 2, 50.0), ("ada", 12, 90.0), ("ada", 10, 200.0)] {
        let order = Order {
            customer: customer.to_owned(),
            items,
            total,
        };
        let decision = rules.instance.call(&rules.decide, (order,))?;
        println!("{:.2} {:?}", decision.price, decision.reasons);
    }

    // Rules that do not go with the host's types are refused before any order comes in.
    let wrong = "fn decide(order) { if order.weight > 5 { 1 } else { 2 } }";
    if let Err(error) = Rules::new(&engine, wrong) {
        println!("{error}");
    }
    let wrong = "fn decide(order: string) { { price: 1.0 } }";
    if let Err(error) = Rules::new(&engine, wrong) {
        println!("{error}");
    }
    Ok(())
}
