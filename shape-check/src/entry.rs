//! Functions of the script that the host calls.
//!
//! A function is a template, so the host asks for it with the types that it will pass. What it then
//! calls is a function of the checker's own, with parameters of just these types, which calls the
//! template like any script would: so the usual conversions apply, and the usual messages.

use crate::body::{Body, BodyKind};
use crate::checker::Checker;
use crate::modules::Item;
use crate::program::{Expr, ExprKind, Func};
use crate::suggest::nearest;
use crate::types::{Field, Ty, TyKind};
use shape_abi::{RecordTy, Ty as HostTy};
use shape_syntax::Span;
use std::fmt;
use std::rc::Rc;

/// A function at the script's top level, and the types with which the host calls it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The types of the arguments.
    pub params: Vec<HostTy>,
    /// The type of the result that the host wants; with `()` it wants none.
    pub ret: HostTy,
}

/// Why the host cannot call a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// The script has no such function.
    Unknown {
        /// The name that was asked for.
        name: String,
        /// A function with nearly that name.
        near: Option<String>,
    },
    /// The name is that of something else.
    NoFunction {
        /// The name that was asked for.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// It takes another number of arguments.
    Count {
        /// The function.
        name: String,
        /// How many it needs.
        least: usize,
        /// How many it takes.
        most: usize,
        /// How many the host passes.
        given: usize,
    },
    /// A parameter has another type.
    Param {
        /// The function.
        name: String,
        /// The parameter.
        param: String,
        /// Its type.
        expected: String,
        /// What the host passes.
        given: String,
    },
    /// The result has another type.
    Result {
        /// The function.
        name: String,
        /// Its type.
        gives: String,
        /// What the host wants.
        wanted: String,
    },
    /// The host passes or wants a type that stands for many.
    Generic {
        /// The function.
        name: String,
        /// The type.
        ty: String,
    },
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, near } => {
                write!(f, "the script has no function `{name}`")?;
                match near {
                    Some(near) => write!(f, "; there is `{near}`"),
                    None => Ok(()),
                }
            }
            Self::NoFunction { name, what } => write!(
                f,
                "`{name}` is {what}; only what is declared with `fn` at the top level can be called"
            ),
            Self::Count {
                name,
                least,
                most,
                given,
            } => {
                write!(f, "`{name}` takes {least}")?;
                if most > least {
                    write!(f, " to {most}")?;
                }
                let plural = if *most == 1 { "" } else { "s" };
                write!(f, " argument{plural}, and is called with {given}")
            }
            Self::Param {
                name,
                param,
                expected,
                given,
            } => write!(
                f,
                "parameter `{param}` of `{name}` is `{expected}` and cannot be given `{given}`"
            ),
            Self::Result {
                name,
                gives,
                wanted,
            } if gives == "function" => write!(
                f,
                "`{name}` gives a function, which cannot leave the script; `{wanted}` is wanted"
            ),
            Self::Result {
                name,
                gives,
                wanted,
            } => write!(f, "`{name}` gives `{gives}`, and `{wanted}` is wanted"),
            Self::Generic { name, ty } => write!(
                f,
                "`{name}` cannot be called with `{ty}`, which stands for many types; name one"
            ),
        }
    }
}

impl std::error::Error for EntryError {}

impl Checker<'_> {
    /// Makes the functions that the host calls. What is wrong with one is kept, or was reported where
    /// it stands in the script.
    pub(crate) fn make_entries(&mut self) {
        self.entries.clear();
        self.entry_errors.clear();
        for entry in self.wanted {
            match self.entry(entry) {
                Ok(func) => self.entries.push(func),
                Err(error) => self.entry_errors.push(error),
            }
        }
    }

    fn entry(&mut self, entry: &Entry) -> Result<Func, EntryError> {
        let template = self.entry_template(&entry.name)?;
        for ty in entry.params.iter().chain([&entry.ret]) {
            if is_generic(ty) {
                return Err(EntryError::Generic {
                    name: entry.name.clone(),
                    ty: ty.to_string(),
                });
            }
        }
        let mut body = Body::new(0);
        body.kind = BodyKind::Fn;
        let outer = std::mem::replace(&mut self.body, body);
        let func = self.entry_func(entry, template);
        self.body = outer;
        func
    }

    fn entry_template(&self, name: &str) -> Result<usize, EntryError> {
        let no_function = |what| EntryError::NoFunction {
            name: name.to_owned(),
            what,
        };
        match self.modules[0].names.get(name).map(|found| &found.item) {
            Some(Item::Fns(overloads)) if !overloads.is_empty() => Ok(overloads[0]),
            Some(Item::Def(_) | Item::Alias(_)) => Err(no_function("a type")),
            Some(Item::Module(_) | Item::Host(_)) => Err(no_function("a module")),
            Some(Item::HostFn(_)) => Err(no_function("a function of the host")),
            _ if self.modules[0].vars.contains_key(name) => Err(no_function("a variable")),
            _ => {
                let names = &self.modules[0].names;
                let functions = names
                    .iter()
                    .filter(|(_, entry)| matches!(entry.item, Item::Fns(_)))
                    .map(|(name, _)| &**name);
                Err(EntryError::Unknown {
                    name: name.to_owned(),
                    near: nearest(name, functions).map(str::to_owned),
                })
            }
        }
    }

    fn entry_func(&mut self, entry: &Entry, template: usize) -> Result<Func, EntryError> {
        let (decl, module) = {
            let template = &self.templates[template];
            (Rc::clone(&template.decl), template.module)
        };
        let span = decl.name.span;
        let least = decl.params.iter().filter(|p| p.default.is_none()).count();
        let (most, given) = (decl.params.len(), entry.params.len());
        if given < least || given > most {
            return Err(EntryError::Count {
                name: entry.name.clone(),
                least,
                most,
                given,
            });
        }
        let annotated = self.annotated_params(&decl, module);
        let mut args = Vec::with_capacity(given);
        for (at, host) in entry.params.iter().enumerate() {
            let ty = self.structural(host);
            if self.how(ty, annotated[at]).is_none() {
                let mut names = Vec::new();
                crate::pattern::bound_names(&decl.params[at].pat, &mut names);
                let name = names.first().map(|name| name.name.to_string());
                return Err(EntryError::Param {
                    name: entry.name.clone(),
                    param: name.unwrap_or_else(|| (at + 1).to_string()),
                    expected: self.show(annotated[at]),
                    given: host.to_string(),
                });
            }
            let kind = ExprKind::Local(self.body.temp(ty));
            args.push(Expr { kind, ty, span });
        }
        let reported = self.diags.len();
        let value = self.call_fns_typed(&[template], args, span);
        let is_known = self.diags.len() == reported;
        let body = self.entry_result(entry, value, is_known, span)?;
        Ok(Func {
            name: Rc::clone(&decl.name.name),
            span: decl.head,
            internal: true,
            locals: std::mem::take(&mut self.body.locals),
            params: u32::try_from(given).unwrap_or(u32::MAX),
            captures: 0,
            ret: body.ty,
            body,
        })
    }

    /// The result as the type that the host wants.
    fn entry_result(
        &mut self,
        entry: &Entry,
        value: Expr,
        is_known: bool,
        span: Span,
    ) -> Result<Expr, EntryError> {
        if entry.ret == HostTy::Unit {
            let kind = ExprKind::Block(vec![value], None);
            let ty = Ty::UNIT;
            return Ok(Expr { kind, ty, span });
        }
        // A record as the host declares it may have defaults; one of the script's own types becomes
        // an object on the way.
        let (declared, structural) = (self.import_ty(&entry.ret, &[]), self.structural(&entry.ret));
        for to in [declared, structural] {
            if let Some(how) = self.how(value.ty, to) {
                return Ok(self.apply(value, to, how));
            }
        }
        if !is_known {
            // Why there is no result has been said.
            return Ok(value);
        }
        Err(EntryError::Result {
            name: entry.name.clone(),
            gives: self.show(value.ty),
            wanted: entry.ret.to_string(),
        })
    }

    /// A type of the host, its records as objects: these go with a record of the script that has the
    /// same fields, whatever it is called.
    fn structural(&mut self, ty: &HostTy) -> Ty {
        let kind = match ty {
            HostTy::Record(record) => return self.structural_record(record),
            HostTy::Array(t) => TyKind::Array(self.structural(t)),
            HostTy::Map(k, v) => TyKind::Map(self.structural(k), self.structural(v)),
            HostTy::Tuple(items) => {
                TyKind::Tuple(items.iter().map(|t| self.structural(t)).collect())
            }
            HostTy::Option(t) => {
                let t = self.structural(t);
                return self.option(t);
            }
            HostTy::Result(t, e) => TyKind::Result(self.structural(t), self.structural(e)),
            _ => return self.import_ty(ty, &[]),
        };
        self.types.intern(kind)
    }

    fn structural_record(&mut self, record: &RecordTy) -> Ty {
        let fields = record.fields.iter().map(|field| Field {
            name: (&*field.name).into(),
            ty: self.structural(&field.ty),
            optional: false,
        });
        let fields = fields.collect();
        self.types.intern(TyKind::Object(fields))
    }
}

/// Whether a type has a type parameter in it.
fn is_generic(ty: &HostTy) -> bool {
    match ty {
        HostTy::Param(_) | HostTy::TypeArg(_) => true,
        HostTy::Array(t) | HostTy::Set(t) | HostTy::Option(t) | HostTy::Maybe(t) => is_generic(t),
        HostTy::Map(a, b) | HostTy::Result(a, b) => is_generic(a) || is_generic(b),
        HostTy::Tuple(items) | HostTy::Union(items) => items.iter().any(is_generic),
        HostTy::Fn(params, ret) => params.iter().any(is_generic) || is_generic(ret),
        _ => false,
    }
}
