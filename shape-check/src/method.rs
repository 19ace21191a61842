//! Methods.
//!
//! The methods of a type are the functions of the host module named after it
//! (`std::core::array` for arrays): those in Rust, then those in Shape.

use crate::checker::Checker;
use crate::modules::Item;
use crate::program::{Expr, ExprKind, HostRef, Place};
use crate::suggest::nearest;
use crate::types::{DefId, Ty, TyKind};
use shape_syntax::ast::{self, Arg, Ident, PatKind};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// Names that people bring along, and the name that the method has here.
pub(crate) const SYNONYMS: &[(&str, &str)] = &[
    ("length", "len"),
    ("is_na_n", "is_nan"),
    ("size", "len"),
    ("count_of", "count"),
    ("includes", "contains"),
    ("has", "contains"),
    ("contains", "has"),
    ("contains_key", "has"),
    ("some", "any"),
    ("every", "all"),
    ("distinct", "unique"),
    ("skip", "drop"),
    ("average", "avg"),
    ("mean", "avg"),
    ("to_uppercase", "to_upper_case"),
    ("to_lowercase", "to_lower_case"),
    ("to_upper", "to_upper_case"),
    ("to_lower", "to_lower_case"),
    ("upper", "to_upper_case"),
    ("lower", "to_lower_case"),
    ("trim_left", "trim_start"),
    ("trim_right", "trim_end"),
    ("remove", "delete"),
    ("delete", "remove"),
    ("insert", "set"),
    ("includes", "has"),
    ("seconds", "as_seconds"),
    ("millis", "as_millis"),
    ("at", "get"),
    ("each", "for_each"),
    ("push_back", "push"),
    ("append", "push"),
    ("to_str", "to_string"),
    ("to_float", "to_number"),
    ("parse_int", "to_int"),
    ("parse_number", "to_number"),
    ("to_list", "to_array"),
    ("collect", "to_array"),
    ("unwrap_or_default", "unwrap_or"),
];

/// A method that was found.
#[derive(Clone, Debug)]
enum Method {
    Host(HostRef),
    Shape(Rc<[usize]>),
}

impl Checker<'_> {
    /// `base.name(args)`: a function of a module, a variant, a method, or a field that holds a
    /// function.
    pub(crate) fn method_call(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        if let Some(call) = self.call_of_named(base, name, args, span) {
            return call;
        }
        if let Some(item) = self.named_item(base) {
            return self.call_member(&item, name, args, span, expected);
        }
        self.used_as_map(base);
        let receiver = self.expr(base, None);
        if let Some(call) = self.own_method_call(Some(base), &receiver, name, args, span, unused) {
            return call;
        }
        if let Some(method) = self.mutating_method(receiver.ty, name)
            && let Some(place) = self.mutable_place(base)
        {
            return self.mutate(method, place, name, args, span, unused);
        }
        self.method_on(receiver, name, args, span, expected)
    }

    /// `base?.name(args)`.
    pub(crate) fn optional_call(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
    ) -> Expr {
        let base = self.expr(base, None);
        self.optional(base, span, |this, base| {
            this.method_on(base, name, args, span, None)
        })
    }

    /// A method of a value; one that changes its receiver changes a copy.
    pub(crate) fn method_on(
        &mut self,
        receiver: Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let receiver = self.as_present(receiver);
        if let Some(call) = self.own_method_call(None, &receiver, name, args, span, false) {
            return call;
        }
        let kind = self.kind(receiver.ty);
        if matches!(kind, TyKind::Wrong | TyKind::Never) {
            self.args_unused(args);
            return if matches!(kind, TyKind::Never) {
                receiver
            } else {
                self.wrong(span)
            };
        }
        let receiver = match kind {
            TyKind::Maybe(inner) if self.has_field(inner, &name.name) => {
                self.unwrap(receiver, inner)
            }
            _ => receiver,
        };
        if let Some(fields) = self.record_fields(receiver.ty)
            && let Some((number, field)) = (0u32..).zip(&fields).find(|(_, f)| f.name == name.name)
        {
            let callee = Expr {
                kind: ExprKind::Field(Box::new(receiver), number),
                ty: field.ty,
                span: name.span,
            };
            return self.call_value(callee, args, span, false);
        }
        let Some((receiver, method)) = self.find_method(receiver.clone(), &name.name) else {
            self.unknown_method(&receiver, name);
            self.args_unused(args);
            return self.wrong(span);
        };
        match method {
            Method::Host(host) => self.call_host(host, Some(receiver), args, span, expected),
            Method::Shape(overloads) => {
                if matches!(self.kind(receiver.ty), TyKind::Map(..))
                    && let Some(args) = of_values(args)
                {
                    return self.call_fns(&overloads, vec![receiver], &args, span);
                }
                self.call_fns(&overloads, vec![receiver], args, span)
            }
        }
    }

    fn has_field(&mut self, ty: Ty, name: &str) -> bool {
        let fields = self.record_fields(ty).unwrap_or_default();
        fields.iter().any(|field| &*field.name == name)
    }

    /// The method, and the receiver as the type that has it.
    fn find_method(&mut self, receiver: Expr, name: &str) -> Option<(Expr, Method)> {
        if let TyKind::Maybe(inner) = self.kind(receiver.ty) {
            // What is found is meant, unless only an option has such a method.
            let own = self.has_method(inner, name);
            if !own && let Some(method) = self.lookup("option", name) {
                let ty = self.option(inner);
                return Some((Expr { ty, ..receiver }, method));
            }
            let found = self.unwrap(receiver, inner);
            return self.find_method(found, name);
        }
        for module in self.method_modules(receiver.ty) {
            if let Some(method) = self.lookup(module, name) {
                let receiver = self.as_receiver(receiver, module);
                return Some((receiver, method));
            }
        }
        if self.shallow(receiver.ty) == Ty::JSON
            && let Some(read) = self.json_receiver(&receiver, name)
        {
            return self.find_method(read, name);
        }
        if !matches!(
            self.kind(receiver.ty),
            TyKind::Option(_) | TyKind::Result(..)
        ) && let Some(method) = self.lookup("option", name)
        {
            // An option is transparent: what is there can be asked for, too.
            let ty = self.option(receiver.ty);
            let receiver = self.coerce(receiver, ty, "");
            return Some((receiver, method));
        }
        if name == "to_string" || name == "toString" {
            let item = self.core_member("prelude", "to_string")?;
            return as_method(item).map(|method| (receiver, method));
        }
        None
    }

    /// Whether values of `ty` have a method of this name.
    pub(crate) fn has_method(&mut self, ty: Ty, name: &str) -> bool {
        let ty = match self.kind(ty) {
            TyKind::Maybe(inner) => inner,
            _ => ty,
        };
        self.method_modules(ty)
            .into_iter()
            .any(|module| self.lookup(module, name).is_some())
    }

    /// Whether the values of this module have a method of this name.
    pub(crate) fn has_core_method(&mut self, module: &str, name: &str) -> bool {
        self.lookup(module, name).is_some()
    }

    /// The modules that hold methods of `ty`, the nearest first.
    fn method_modules(&self, ty: Ty) -> Vec<&'static str> {
        match self.kind(ty) {
            TyKind::Array(_) => vec!["array"],
            TyKind::Tuple(_) => vec!["tuple", "array"],
            TyKind::Range => vec!["range", "array"],
            TyKind::String => vec!["string"],
            TyKind::Int => vec!["int", "number"],
            TyKind::Number => vec!["number"],
            TyKind::Bool => vec!["bool"],
            TyKind::Char => vec!["char", "string"],
            TyKind::Bytes => vec!["bytes"],
            TyKind::Duration => vec!["duration"],
            TyKind::Map(..) => vec!["map"],
            TyKind::Set(_) => vec!["set"],
            TyKind::Option(_) | TyKind::Maybe(_) => vec!["option"],
            TyKind::Result(..) => vec!["result"],
            TyKind::Error => vec!["error"],
            TyKind::Json => vec!["json"],
            TyKind::Struct(def, _) if self.is_iter(def) => vec!["iter"],
            _ => Vec::new(),
        }
    }

    /// Whether a record type is the lazy iterator of the host's own module.
    pub(crate) fn is_iter(&self, def: DefId) -> bool {
        let module = self.defs[def.0 as usize].module;
        let host = self.modules[module]
            .host
            .map(|host| &*self.host[host as usize].name);
        host == Some("std::core::iter")
    }

    /// A method by the name that was written, in camel case or snake case, or by a synonym.
    fn lookup(&mut self, module: &str, name: &str) -> Option<Method> {
        let snake = snake_case(name);
        if let Some(method) = self.core_member(module, &snake).and_then(as_method) {
            return Some(method);
        }
        let synonyms = SYNONYMS.iter().filter(|(from, _)| *from == snake);
        synonyms
            .map(|(_, to)| *to)
            .find_map(|to| self.core_member(module, to).and_then(as_method))
    }

    fn as_receiver(&mut self, receiver: Expr, module: &str) -> Expr {
        match (module, self.kind(receiver.ty)) {
            ("array", TyKind::Tuple(_) | TyKind::Range) => match self.as_array(receiver) {
                Some((array, _)) => array,
                None => self.wrong(Span::default()),
            },
            ("number", TyKind::Int) => self.coerce(receiver, Ty::NUMBER, ""),
            ("string", TyKind::Char) => self.coerce(receiver, Ty::STRING, ""),
            _ => receiver,
        }
    }

    fn unknown_method(&mut self, receiver: &Expr, name: &Ident) {
        if self.lacks_promised(receiver.ty, &name.name) {
            return;
        }
        let ty = self.show(receiver.ty);
        let mut diagnostic = Diagnostic::error(
            "E0205",
            name.span,
            format!("`{ty}` has no method `{}`", name.name),
        );
        let mut known: Vec<Rc<str>> = Vec::new();
        for module in self.method_modules(receiver.ty) {
            known.extend(self.core_names(module));
        }
        known.extend(self.own_method_names(receiver.ty));
        let inner = match self.kind(receiver.ty) {
            TyKind::Option(inner) | TyKind::Result(inner, _) => Some(inner),
            _ => None,
        };
        diagnostic.help = match inner {
            Some(inner) if self.has_method(inner, &name.name) => Some(format!(
                "take the value out first: `.unwrap().{}(…)`",
                name.name
            )),
            _ if matches!(self.kind(receiver.ty), TyKind::Var(_)) => {
                Some("annotate the type of this value".to_owned())
            }
            _ => nearest(&snake_case(&name.name), known.iter().map(|n| &**n))
                .map(|near| format!("there is `{}`", like(&name.name, near))),
        };
        self.report(diagnostic);
    }

    /// The names of all methods of `ty`.
    pub(crate) fn method_names(&mut self, ty: Ty) -> Vec<String> {
        let modules = self.method_modules(ty);
        let mut names: Vec<Rc<str>> = modules
            .into_iter()
            .flat_map(|module| self.core_names(module))
            .collect();
        names.extend(self.own_method_names(ty));
        names.iter().map(|name| name.to_string()).collect()
    }

    fn core_names(&mut self, module: &str) -> Vec<Rc<str>> {
        let Some(host) = self.host_module(&format!("std::core::{module}")) else {
            return Vec::new();
        };
        let mut names: Vec<Rc<str>> = self.host[host as usize]
            .fns
            .iter()
            .map(|f| Rc::from(&*f.name))
            .collect();
        if let Some(source) = self.host_source(host) {
            names.extend(self.modules[source].names.keys().cloned());
        }
        names
    }

    // --- Methods that change their receiver -------------------------------------------------

    /// The method, when it is one that changes its receiver.
    fn mutating_method(&mut self, ty: Ty, name: &Ident) -> Option<Method> {
        let inner = match self.kind(ty) {
            TyKind::Maybe(inner) => inner,
            _ => ty,
        };
        let fields = self.record_fields(inner).unwrap_or_default();
        if fields.iter().any(|f| f.name == name.name) {
            return None;
        }
        let module = *self.method_modules(inner).first()?;
        let method = self.lookup(module, &name.name)?;
        let mutates = match &method {
            Method::Host(host) => self.host_fn(*host).mutates,
            Method::Shape(overloads) => {
                let first = self.templates[overloads[0]].decl.params.first();
                matches!(first.map(|p| &p.pat.kind), Some(PatKind::Bind(_, true)))
            }
        };
        mutates.then_some(method)
    }

    fn mutate(
        &mut self,
        method: Method,
        place: Place,
        name: &Ident,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Expr {
        let receiver = self.read_place(&place);
        let receiver = self.settled(receiver);
        let call = self.noting_elements(place.ty, |this| match &method {
            Method::Host(host) => this.call_host(*host, Some(receiver), args, span, None),
            Method::Shape(overloads) => this.call_fns(overloads, vec![receiver], args, span),
        });
        if call.ty == Ty::WRONG || call.ty == Ty::NEVER {
            return call;
        }
        match call.kind {
            ExprKind::CallHost(host, mut args) => {
                args.remove(0);
                let returns_self = self.host_fn(host).ret == shape_abi::Ty::Unit;
                let ty = if returns_self { Ty::UNIT } else { call.ty };
                let mutation = Expr {
                    kind: ExprKind::MutateHost(host, place.clone(), args),
                    ty,
                    span,
                };
                if unused || !returns_self {
                    return mutation;
                }
                let changed = self.read_place(&place);
                self.sequence(vec![mutation], changed)
            }
            _ => {
                let target = place.ty;
                let call = self.coerce(call, target, &format!("the result of `{}`", name.name));
                let store = self.store(&place, call, span);
                if unused {
                    return store;
                }
                let changed = self.read_place(&place);
                self.sequence(vec![store], changed)
            }
        }
    }
}

fn as_method(item: Item) -> Option<Method> {
    match item {
        Item::HostFn(host) => Some(Method::Host(host)),
        Item::Fns(overloads) => Some(Method::Shape(overloads)),
        _ => None,
    }
}

/// A name of ours in the style of the name that was written.
fn like(written: &str, name: &str) -> String {
    if !written.contains(|c: char| c.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let mut camel = String::with_capacity(name.len());
    for (at, word) in name.split('_').enumerate() {
        let mut chars = word.chars();
        match chars.next() {
            Some(first) if at > 0 => camel.push(first.to_ascii_uppercase()),
            Some(first) => camel.push(first),
            None => {}
        }
        camel.push_str(chars.as_str());
    }
    camel
}

/// `startsWith` as `starts_with`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            if !snake.is_empty() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        } else {
            snake.push(c);
        }
    }
    snake
}

/// The arguments of a method of maps whose function takes the value only: it is made to take the
/// key as well, as the methods of maps call it.
fn of_values(args: &[Arg]) -> Option<Vec<Arg>> {
    let [arg] = args else {
        return None;
    };
    let ast::ExprKind::Closure(decl) = &arg.value.kind else {
        return None;
    };
    let [param] = &decl.params[..] else {
        return None;
    };
    let mut decl = (**decl).clone();
    let key = ast::Pat {
        kind: PatKind::Wild,
        span: param.pat.span,
    };
    decl.params.insert(
        0,
        ast::Param {
            reference: false,
            pat: key,
            ty: None,
            default: None,
        },
    );
    let mut arg = arg.clone();
    arg.value.kind = ast::ExprKind::Closure(Rc::new(decl));
    Some(vec![arg])
}
