//! Functions of the host in one line.

use shape_abi::{Const, FnDecl};

/// `add(a: int, b: int = 1) -> int   needs sys.process`
pub(crate) fn of(function: &FnDecl) -> String {
    let params = function.params.iter().map(|param| {
        let default = param.default.as_ref().map(default);
        format!(
            "{}: {}{}",
            param.name,
            param.ty,
            default.unwrap_or_default()
        )
    });
    let params: Vec<String> = params.collect();
    let needs = match function.needs.is_empty() {
        true => String::new(),
        false => format!("   needs {}", function.needs),
    };
    format!(
        "{}({}) -> {}{needs}",
        function.name,
        params.join(", "),
        function.ret
    )
}

fn default(default: &Const) -> String {
    match default {
        Const::Unit => " = ()".to_owned(),
        Const::None => " = None".to_owned(),
        Const::Bool(value) => format!(" = {value}"),
        Const::Int(value) => format!(" = {value}"),
        Const::Number(value) => format!(" = {value:?}"),
        Const::Duration(nanos) => format!(" = {}", shape_value::Value::Duration(*nanos)),
        Const::String(text) => format!(" = {text:?}"),
        Const::EmptyArray => " = []".to_owned(),
        Const::EmptyMap | Const::DefaultRecord => " = {}".to_owned(),
    }
}
