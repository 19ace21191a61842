//! What the description of a plugin must be like.
//!
//! The rest of the host relies on what linked modules have by construction: names that a script can
//! write, defaults that fit, types whose values can cross. A description that has not got it is refused.

use crate::default::fits;
use shape_abi::{FnDecl, ModuleDecl, Ty};

/// The most bytes that a description may have.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// The most parameters that a function may have.
pub(super) const MAX_PARAMS: usize = 6;

/// Whether the modules are such as linked ones can be.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn check(modules: &[ModuleDecl]) -> Result<(), String> {
    for module in modules {
        let name = &module.name;
        if !name.split("::").all(is_name) {
            return Err(format!("{name:?} is no name for a module"));
        }
        for function in &module.fns {
            check_function(function)
                .map_err(|why| format!("`{name}::{}`: {why}", function.name))?;
        }
    }
    Ok(())
}

fn check_function(function: &FnDecl) -> Result<(), String> {
    if !is_name(&function.name) {
        return Err("that is no name for a function".to_owned());
    }
    if function.mutates {
        return Err("a plugin cannot change a receiver in place".to_owned());
    }
    if function.params.len() > MAX_PARAMS {
        return Err(format!("more than {MAX_PARAMS} parameters"));
    }
    let mut may_be_left_out = false;
    for (place, param) in function.params.iter().enumerate() {
        let name = &param.name;
        if !is_name(name) || function.params[..place].iter().any(|it| it.name == *name) {
            return Err(format!("{name:?} is no name for this parameter"));
        }
        check_ty(&param.ty).map_err(|why| format!("`{name}`: {why}"))?;
        if matches!(param.ty, Ty::Never | Ty::Maybe(_)) {
            return Err(format!("`{name}`: a parameter cannot be of this type"));
        }
        match &param.default {
            None if may_be_left_out => {
                return Err(format!(
                    "`{name}` must be given, but one before it need not be"
                ));
            }
            None => {}
            Some(default) if fits(default, &param.ty) => may_be_left_out = true,
            Some(_) => return Err(format!("`{name}`: its default is of another type")),
        }
    }
    check_ty(&function.ret).map_err(|why| format!("its result: {why}"))
}

/// Whether values of this type can cross.
fn check_ty(ty: &Ty) -> Result<(), String> {
    match ty {
        Ty::Array(inner) | Ty::Set(inner) | Ty::Option(inner) | Ty::Maybe(inner) => check_ty(inner),
        Ty::Map(a, b) | Ty::Result(a, b) => check_ty(a).and_then(|()| check_ty(b)),
        Ty::Tuple(all) | Ty::Union(all) => match all.is_empty() {
            true => Err("a type without members".to_owned()),
            false => all.iter().try_for_each(check_ty),
        },
        Ty::Record(record) => {
            if record.name.as_ref().is_some_and(|name| !is_name(name)) {
                return Err("a record type whose name is none".to_owned());
            }
            for (place, field) in record.fields.iter().enumerate() {
                let name = &field.name;
                let again = record.fields[..place].iter().any(|it| it.name == *name);
                if !is_name(name) || again {
                    return Err(format!("{name:?} is no name for this field"));
                }
                check_ty(&field.ty)?;
                let default = field.default.as_ref();
                if default.is_some_and(|default| !fits(default, &field.ty)) {
                    return Err(format!("the default of `{name}` is of another type"));
                }
            }
            Ok(())
        }
        Ty::Resource(name) if !is_name(name) => Err(format!("{name:?} is no name for a type")),
        Ty::Fn(..) | Ty::Param(_) | Ty::TypeArg(_) | Ty::Enclosing(..) => {
            Err(format!("values of type {ty} cannot cross to a plugin"))
        }
        _ => Ok(()),
    }
}

/// Whether a script can write it as a name.
fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape_abi::{Const, ParamDecl, PermissionSet};

    fn function(params: Vec<ParamDecl>, ret: Ty) -> FnDecl {
        FnDecl {
            name: "f".into(),
            params,
            ret,
            needs: PermissionSet::pure(),
            mutates: false,
            doc: "".into(),
        }
    }

    fn param(name: &'static str, ty: Ty, default: Option<Const>) -> ParamDecl {
        let name = name.into();
        ParamDecl { name, ty, default }
    }

    #[track_caller]
    fn check_refused(function: FnDecl, why: &str) {
        let module = ModuleDecl {
            name: "acme::m".into(),
            doc: "".into(),
            fns: vec![function],
            source: None,
        };
        let error = check(&[module]).expect_err("it is refused");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn what_no_linked_module_could_have_is_refused() {
        let int = |name| param(name, Ty::Int, None);
        check_refused(function(vec![], Ty::Param(0)), "cannot cross");
        check_refused(
            function(vec![param("x", Ty::array(Ty::TypeArg(9)), None)], Ty::Unit),
            "cannot cross",
        );
        check_refused(
            function(vec![int("x"), int("x")], Ty::Unit),
            "no name for this parameter",
        );
        check_refused(function(vec![int("x y")], Ty::Unit), "no name");
        check_refused(
            function(vec![param("x", Ty::Int, Some(Const::EmptyMap))], Ty::Unit),
            "another type",
        );
        check_refused(
            function(
                vec![param("x", Ty::Int, Some(Const::Int(1))), int("y")],
                Ty::Unit,
            ),
            "must be given",
        );
        let many = ["a", "b", "c", "d", "e", "f", "g"].map(int);
        check_refused(function(many.into(), Ty::Unit), "more than 6");
        check_refused(function(vec![], Ty::Union([].into())), "without members");
        let mutating = FnDecl {
            mutates: true,
            ..function(vec![int("x")], Ty::Unit)
        };
        check_refused(mutating, "in place");
        let mut unnamed = function(vec![], Ty::Unit);
        unnamed.name = "f()".into();
        check_refused(unnamed, "no name for a function");
    }
}
