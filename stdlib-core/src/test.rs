//! Calls of registered functions, as the machine makes them, for tests.

use shape_abi::Ty;
use shape_runtime::{HostCx, Places, Raise, Registry};
use shape_value::{Array, Scalar, Value};

/// Calls a function of `std::core::{module}` with these registers; type argument 0 is `int`, 1 is
/// `number`, 2 is `string`. An error is `kind: message`.
pub(crate) fn call(
    module: &str,
    name: &str,
    s: &[i64],
    v: impl AsRef<[Value]>,
) -> Result<Value, String> {
    let mut v = v.as_ref().to_vec();
    v.push(Value::None);
    let (ret, bits) = call_raw(module, name, s, &mut v)?;
    Ok(match Scalar::of(&ret) {
        Some(scalar) => Value::from_bits(scalar, bits),
        None => v[0].clone(),
    })
}

/// As [`call`], with the value registers left to look at; gives the type of the result and the first
/// scalar register.
pub(crate) fn call_raw(
    module: &str,
    name: &str,
    s: &[i64],
    v: &mut [Value],
) -> Result<(Ty, u64), String> {
    let mut registry = Registry::new();
    crate::register(&mut registry).unwrap();
    let (m, f) = registry
        .find(&format!("std::core::{module}"), name)
        .expect(name);
    let mut cx = HostCx::new();
    cx.set_type_args([Ty::Int, Ty::Number, Ty::String].into());
    let mut scalars = [0; 256];
    for (register, n) in scalars.iter_mut().zip(s) {
        *register = n.cast_unsigned();
    }
    let mut values = [const { Value::None }; 256];
    for (register, value) in values.iter_mut().zip(v.iter_mut()) {
        *register = std::mem::take(value);
    }
    let decl = &registry.decls()[m as usize].fns[f as usize];
    let receiver = u8::from(decl.mutates);
    let at = Places {
        scalars: 0,
        values: receiver,
        result: if decl.ret.is_scalar() { 0 } else { receiver },
        receiver: 0,
    };
    let result = registry.trampoline(m, f)(&mut cx, &mut scalars, &mut values, at);
    v.clone_from_slice(&values[..v.len()]);
    match result.map_err(|raise| *raise) {
        Ok(()) => Ok((decl.ret.clone(), scalars[0])),
        Err(Raise::Error(error)) => Err(format!("{}: {}", error.kind, error.message)),
        Err(stop) => Err(stop.to_string()),
    }
}

pub(crate) fn int(n: i64) -> Value {
    Value::Int(n)
}

pub(crate) fn ints(items: &[i64]) -> Value {
    Value::array(Array::Ints(items.to_vec()))
}

/// An array of the words in `text`.
pub(crate) fn strings(text: &str) -> Value {
    Value::array(Array::Values(text.split(' ').map(Value::from).collect()))
}
