//! Matching the arguments of a call to parameters.

use crate::body::{LocalVar, Name};
use crate::checker::Checker;
use crate::free::free_in;
use crate::modules::ModuleId;
use crate::program::{Expr, LocalId};
use crate::refs::Lends;
use crate::suggest::nearest;
use crate::types::Ty;
use rustc_hash::FxHashMap;
use shape_syntax::ast::{self, Arg, Binding, ExprKind as Ast, FnDecl, PatKind};
use shape_syntax::{Diagnostic, Span};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The most arguments of one call; each needs a register.
const MAX_ARGS: usize = 100;

/// A parameter as a call sees it.
pub(crate) struct Slot {
    pub(crate) name: Rc<str>,
    pub(crate) optional: bool,
}

/// The value for a parameter: an expression of the script, one that is typed already, or the
/// default.
#[derive(Clone)]
pub(crate) enum Given<'e> {
    Written(&'e ast::Expr),
    Typed(Expr),
    Default,
}

/// A function written in Shape, as a call sees it.
pub(crate) struct Callee {
    pub(crate) decl: Rc<FnDecl>,
    pub(crate) module: ModuleId,
    pub(crate) generics: Vec<(Rc<str>, Ty)>,
    /// The types of parameters that have none of their own; may be empty.
    pub(crate) hints: Vec<Option<Ty>>,
}

impl Checker<'_> {
    /// Which argument goes to which parameter. Reports what does not fit; the result then has the
    /// arguments that could be placed, or is `None`.
    pub(crate) fn place_args<'e>(
        &mut self,
        callee: &str,
        slots: &[Slot],
        first: Vec<Expr>,
        args: &'e [Arg],
        span: Span,
    ) -> Option<Vec<Given<'e>>> {
        if args.len() > MAX_ARGS {
            let message = format!(
                "a call takes at most {MAX_ARGS} arguments, found {}",
                args.len()
            );
            self.error("E0202", span, message);
            return None;
        }
        let mut given: Vec<Option<Given<'e>>> = vec![None; slots.len()];
        let skipped = first.len();
        if skipped > slots.len() {
            self.wrong_count(callee, slots, skipped, span);
            return None;
        }
        for (slot, value) in given.iter_mut().zip(first) {
            *slot = Some(Given::Typed(value));
        }
        let mut next = skipped;
        for arg in args {
            let at = match &arg.name {
                None => {
                    next += 1;
                    next - 1
                }
                Some(name) => match slots.iter().position(|slot| slot.name == name.name) {
                    Some(at) => at,
                    None => {
                        self.unknown_arg(callee, slots, name);
                        return None;
                    }
                },
            };
            match given.get_mut(at) {
                Some(slot @ None) => *slot = Some(Given::Written(&arg.value)),
                Some(Some(_)) => {
                    let name = &slots[at].name;
                    self.error(
                        "E0203",
                        arg.value.span,
                        format!("argument `{name}` is given twice"),
                    );
                    return None;
                }
                None => {
                    self.wrong_count(callee, &slots[skipped..], args.len(), arg.value.span);
                    return None;
                }
            }
        }
        let missing =
            |(slot, given): &(&Slot, &Option<Given<'e>>)| given.is_none() && !slot.optional;
        if slots.iter().zip(&given).any(|pair| missing(&pair)) {
            self.wrong_count(callee, &slots[skipped..], args.len(), span);
            return None;
        }
        Some(
            given
                .into_iter()
                .map(|given| given.unwrap_or(Given::Default))
                .collect(),
        )
    }

    fn unknown_arg(&mut self, callee: &str, slots: &[Slot], name: &ast::Ident) {
        let mut diagnostic = Diagnostic::error(
            "E0203",
            name.span,
            format!("`{callee}` has no parameter `{}`", name.name),
        );
        if let Some(near) = nearest(&name.name, slots.iter().map(|slot| &*slot.name)) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
    }

    fn wrong_count(&mut self, callee: &str, slots: &[Slot], found: usize, span: Span) {
        let needed = slots.iter().filter(|slot| !slot.optional).count();
        let expected = match slots.len() {
            all if all == needed => format!("{all} argument{}", if all == 1 { "" } else { "s" }),
            all => format!("{needed} to {all} arguments"),
        };
        let names: Vec<String> = slots
            .iter()
            .map(|slot| format!("{}{}", slot.name, if slot.optional { "?" } else { "" }))
            .collect();
        self.report(
            Diagnostic::error(
                "E0202",
                span,
                format!("`{callee}` takes {expected}, found {found}"),
            )
            .note(format!("its parameters are ({})", names.join(", "))),
        );
    }

    /// Types the arguments of a call that cannot be made, so that their own errors are reported.
    pub(crate) fn args_unused(&mut self, args: &[Arg]) {
        for arg in args {
            if !matches!(arg.value.kind, Ast::Closure(_)) {
                self.expr(&arg.value, None);
            }
        }
    }

    /// The typed arguments of a call of a function written in Shape, converted to what was
    /// annotated, and what the call lends. `None` when they do not fit, which has been reported.
    pub(crate) fn shape_args(
        &mut self,
        callee: &Callee,
        first: Vec<Expr>,
        args: &[Arg],
        span: Span,
    ) -> Option<(Vec<Expr>, Lends)> {
        let decl = Rc::clone(&callee.decl);
        let passing = self.passing(&decl, callee.module);
        let mut lends = Lends::default();
        if decl.params.iter().any(is_broken) {
            self.args_unused(args);
            return None;
        }
        let slots: Vec<Slot> = decl
            .params
            .iter()
            .map(|param| Slot {
                name: match &param.pat.kind {
                    PatKind::Bind(name, _) => Rc::clone(&name.name),
                    _ => "_".into(),
                },
                optional: param.default.is_some(),
            })
            .collect();
        let Some(given) = self.place_args(&decl.name.name, &slots, first, args, span) else {
            self.args_unused(args);
            return None;
        };
        let types = self.param_types(callee);
        let kept = kept_for_defaults(&decl, &given);
        let mut typed: Vec<Option<Expr>> = vec![None; given.len()];
        // Closures come last: the other arguments say what they are called with.
        for closures in [false, true] {
            for (at, given) in given.iter().enumerate() {
                if !kept.is_empty() && matches!(given, Given::Default) {
                    continue;
                }
                let late = matches!(given, Given::Written(e) if matches!(e.kind, Ast::Closure(_)));
                if late == closures {
                    let reference = match given {
                        Given::Written(e) => {
                            let passing = self.passing_here(passing[at], e);
                            self.reference_arg(e, passing, types[at], &mut lends)
                        }
                        Given::Typed(e) => self.passed_on(e, passing[at], types[at]),
                        Given::Default => None,
                    };
                    typed[at] = Some(match reference {
                        Some(reference) => reference,
                        None => self.shape_arg(callee, at, types[at], given, &slots[at].name),
                    });
                }
            }
        }
        if !kept.is_empty() {
            self.dependent_defaults(callee, &types, &kept, &mut typed, &mut lends);
        }
        let typed = typed.into_iter().collect::<Option<Vec<Expr>>>()?;
        let typed = self.evaluate_first(typed, &mut lends);
        Some((typed, lends))
    }

    /// Fills in the defaults of a call where some are made of earlier arguments: those are kept in
    /// variables, which have the names of the parameters while the defaults are looked at.
    fn dependent_defaults(
        &mut self,
        callee: &Callee,
        types: &[Option<Ty>],
        kept: &BTreeSet<Rc<str>>,
        typed: &mut [Option<Expr>],
        lends: &mut Lends,
    ) {
        let mut known: Vec<(Rc<str>, LocalId)> = Vec::new();
        let decl = Rc::clone(&callee.decl);
        for (at, param) in decl.params.iter().enumerate() {
            let PatKind::Bind(name, _) = &param.pat.kind else {
                continue;
            };
            let mut value = match (typed[at].take(), &param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let value = self.in_module_scope(callee, |this| {
                        for (name, id) in &known {
                            let (id, binding) = (*id, Binding::Let);
                            let span = param.pat.span;
                            let var = LocalVar { id, binding, span };
                            this.body.bind(name, Name::Local(var));
                        }
                        this.expr(default, types[at])
                    });
                    self.as_argument(value, types[at], &name.name, callee)
                }
                (None, None) => continue,
            };
            if kept.contains(&name.name)
                && let Some(copy) = self.copy_of_place(&value, lends)
            {
                known.push((Rc::clone(&name.name), copy));
            } else if kept.contains(&name.name) {
                let span = value.span;
                let (temp, init) = self.keep(value);
                known.push((Rc::clone(&name.name), temp));
                let copy = self.local_expr(temp, span);
                value = self.sequence(vec![init], copy);
            }
            typed[at] = Some(value);
        }
    }

    fn shape_arg(
        &mut self,
        callee: &Callee,
        at: usize,
        ty: Option<Ty>,
        given: &Given<'_>,
        name: &str,
    ) -> Expr {
        let value = match given {
            Given::Written(expr) => self.expr(expr, ty),
            Given::Typed(expr) => expr.clone(),
            Given::Default => match &callee.decl.params[at].default {
                Some(default) => self.in_module_scope(callee, |this| this.expr(default, ty)),
                None => self.wrong(callee.decl.head),
            },
        };
        self.as_argument(value, ty, name, callee)
    }

    fn as_argument(&mut self, value: Expr, ty: Option<Ty>, name: &str, callee: &Callee) -> Expr {
        let Some(ty) = ty else {
            return value;
        };
        let decl = &callee.decl;
        let what = format!("argument `{name}` of `{}`", decl.name.name);
        let own = |pat: &ast::Pat| matches!(&pat.kind, PatKind::Bind(own, _) if *own.name == *name);
        let in_script = self.modules[callee.module].host.is_none();
        let param = decl
            .params
            .iter()
            .find(|param| in_script && own(&param.pat));
        let declared = param.and_then(|param| Some(param.ty.as_ref()?.span));
        self.coerce_declared(value, ty, &what, declared)
    }

    /// The annotated types of parameters, with fresh variables for type parameters.
    fn param_types(&mut self, callee: &Callee) -> Vec<Option<Ty>> {
        let decl = Rc::clone(&callee.decl);
        let mut generics = callee.generics.clone();
        for name in &decl.generics {
            let ty = self.fresh();
            generics.push((Rc::clone(&name.name), ty));
        }
        let outer_generics = std::mem::replace(&mut self.body.generics, generics);
        let outer_module = std::mem::replace(&mut self.body.module, callee.module);
        let types = decl.params.iter().enumerate().map(|(at, p)| match &p.ty {
            Some(ty) => Some(self.type_expr(ty)),
            None => callee.hints.get(at).copied().flatten(),
        });
        let types = types.collect();
        self.body.module = outer_module;
        self.body.generics = outer_generics;
        types
    }

    /// Runs `f` where only the names at module level of `callee` are seen.
    fn in_module_scope<R>(&mut self, callee: &Callee, f: impl FnOnce(&mut Self) -> R) -> R {
        let scopes = std::mem::replace(&mut self.body.scopes, vec![FxHashMap::default(); 2]);
        let generics = std::mem::replace(&mut self.body.generics, callee.generics.clone());
        let module = std::mem::replace(&mut self.body.module, callee.module);
        let result = f(self);
        self.body.module = module;
        self.body.generics = generics;
        self.body.scopes = scopes;
        result
    }

    /// The default of a field of a record type, in the module of its declaration.
    pub(crate) fn field_default(&mut self, module: ModuleId, default: &ast::Expr, ty: Ty) -> Expr {
        let scopes = std::mem::replace(&mut self.body.scopes, vec![FxHashMap::default(); 2]);
        let outer = std::mem::replace(&mut self.body.module, module);
        let value = self.expr(default, Some(ty));
        self.body.module = outer;
        self.body.scopes = scopes;
        self.coerce(value, ty, "the default")
    }
}

/// Whether the parser has refused the parameter, so that nothing can be said of its calls.
fn is_broken(param: &ast::Param) -> bool {
    match &param.pat.kind {
        PatKind::At(_, inner) => matches!(inner.kind, PatKind::Error),
        kind => matches!(kind, PatKind::Error),
    }
}

/// The parameters that the defaults of a call are made of.
fn kept_for_defaults(decl: &FnDecl, given: &[Given<'_>]) -> BTreeSet<Rc<str>> {
    let defaults = decl.params.iter().zip(given);
    let defaults = defaults.filter(|(_, given)| matches!(given, Given::Default));
    let mut used = BTreeSet::new();
    for default in defaults.filter_map(|(param, _)| param.default.as_ref()) {
        used.extend(free_in(default));
    }
    used.retain(|name| {
        decl.params
            .iter()
            .any(|p| matches!(&p.pat.kind, PatKind::Bind(own, _) if own.name == *name))
    });
    used
}
