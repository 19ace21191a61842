//! Closures, nested functions, and functions as values.
//!
//! A closure is a template with the variables that it captures. Its type is its identity
//! ([`TyKind::Closure`]), so that a call of it is a direct one. Where the identity is lost, see
//! [`crate::group`].

use crate::body::{GlobalVar, LocalVar, Name};
use crate::checker::Checker;
use crate::free::free_names;
use crate::modules::ModuleId;
use crate::program::{Expr, ExprKind, Func, FuncId, HostRef, LocalId, Root, Variable};
use crate::shown::{Fact, Facts};
use crate::types::{ClosureId, DefId, Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::{Binding, FnDecl, Stmt, StmtKind};
use std::rc::Rc;

/// What runs when a closure is called.
#[derive(Clone, Debug)]
pub(crate) enum ClosureKind {
    /// A closure expression or nested function.
    Decl(Rc<FnDecl>),
    /// A named function; in the host's modules one of several by number of parameters.
    Fns(Rc<[usize]>),
    /// A function of the host.
    Host(HostRef),
    /// A variant of an enum, as in `xs.map(Shape::Circle)`.
    Variant(DefId, u32),
    /// `Some`, `Ok` or `Err`.
    Wrapper(&'static str),
    /// A value of this type as a `dyn`, which it has captured.
    Dyn(Ty),
}

/// A variable that a closure captures.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) parent: LocalId,
    variable: Variable,
    /// The name it is known by inside; none for what only a sibling function needs.
    name: Option<(Rc<str>, Binding, Span)>,
    /// Whether it is an option that was known to be there.
    there: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ClosureInfo {
    pub(crate) kind: ClosureKind,
    pub(crate) module: ModuleId,
    pub(crate) captures: Rc<[Captured]>,
    /// Names from around it that are no captured variables.
    names: Rc<[(Rc<str>, Name)]>,
    generics: Vec<(Rc<str>, Ty)>,
    /// What was known about top-level variables where it stands.
    facts: Facts,
    pub(crate) used: bool,
}

/// The closures of nested functions, and the variables around them that all of them capture.
type NestedClosures = (Rc<[ClosureId]>, Rc<[LocalId]>);

/// The functions declared in one block. They see each other, so they capture alike.
#[derive(Clone, Debug)]
pub(crate) struct NestedFns {
    decls: Rc<[Rc<FnDecl>]>,
    /// How many scopes are around them.
    depth: usize,
    /// Made when one of them is first used, which is when what they capture must exist.
    made: Option<NestedClosures>,
}

impl Checker<'_> {
    // --- Nested functions -------------------------------------------------------------------

    /// Binds the functions declared in a block, before its statements.
    pub(crate) fn hoist(&mut self, stmts: &[Stmt]) {
        let decls: Rc<[Rc<FnDecl>]> = stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Fn(decl) => Some(Rc::clone(decl)),
                _ => None,
            })
            .collect();
        if decls.is_empty() {
            return;
        }
        self.passings.declared_together(&decls);
        let group = self.new_nested(Rc::clone(&decls));
        for decl in decls.iter() {
            self.body.bind(&decl.name.name, Name::Nested(group));
        }
    }

    /// Functions that are declared in the current scope; gives their number.
    pub(crate) fn new_nested(&mut self, decls: Rc<[Rc<FnDecl>]>) -> usize {
        self.body.nested.push(NestedFns {
            decls,
            depth: self.body.scopes.len(),
            made: None,
        });
        self.body.nested.len() - 1
    }

    /// A nested function by name, with the variables of this body that it captures.
    pub(crate) fn nested_fn(
        &mut self,
        group: usize,
        name: &str,
    ) -> Option<(ClosureId, Rc<[LocalId]>)> {
        let nested = self.body.nested[group].clone();
        let (closures, captures) = match nested.made {
            Some(made) => made,
            None => {
                let made = self.make_nested(&nested.decls, nested.depth);
                self.body.nested[group].made = Some(made.clone());
                made
            }
        };
        let index = nested
            .decls
            .iter()
            .position(|decl| &*decl.name.name == name)?;
        Some((closures[index], captures))
    }

    fn make_nested(&mut self, decls: &[Rc<FnDecl>], depth: usize) -> NestedClosures {
        let siblings: Vec<&str> = decls.iter().map(|decl| &*decl.name.name).collect();
        let mut free: Vec<Rc<str>> = decls.iter().flat_map(|decl| free_names(decl)).collect();
        free.sort_unstable();
        free.dedup();
        free.retain(|name| !siblings.contains(&&**name));
        let inner = self
            .body
            .scopes
            .split_off(depth.min(self.body.scopes.len()));
        let (captures, mut names) = self.capture(free);
        self.body.scopes.extend(inner);
        let first = self.closures.len();
        let ids: Rc<[ClosureId]> = (first..first + decls.len()).map(closure_id).collect();
        let own: Rc<[LocalId]> = (0..captures.len()).map(local_id).collect();
        for (decl, id) in decls.iter().zip(ids.iter()) {
            names.push((
                Rc::clone(&decl.name.name),
                Name::Known(*id, Rc::clone(&own)),
            ));
        }
        let parents = captures.iter().map(|captured| captured.parent).collect();
        let (captures, names): (Rc<[_]>, Rc<[_]>) = (captures.into(), names.into());
        for decl in decls {
            self.closures.push(ClosureInfo {
                kind: ClosureKind::Decl(Rc::clone(decl)),
                module: self.body.module,
                captures: Rc::clone(&captures),
                names: Rc::clone(&names),
                generics: self.body.generics.clone(),
                facts: self.global_facts(),
                used: false,
            });
        }
        (ids, parents)
    }

    // --- Closures ---------------------------------------------------------------------------

    /// The value of a closure expression.
    pub(crate) fn closure_expr(&mut self, decl: &Rc<FnDecl>, span: Span) -> Expr {
        let free = free_names(decl).into_iter().collect();
        let (captures, names) = self.capture(free);
        let id = self.new_closure(ClosureKind::Decl(Rc::clone(decl)), captures, names);
        let parents: Vec<LocalId> = self.closures[id.0 as usize]
            .captures
            .iter()
            .map(|c| c.parent)
            .collect();
        self.closure_value(id, &parents, span)
    }

    /// A function, a variant or a host function as a value.
    pub(crate) fn function_value(&mut self, kind: ClosureKind, span: Span) -> Expr {
        let id = self.new_closure(kind, Vec::new(), Vec::new());
        self.closure_value(id, &[], span)
    }

    fn new_closure(
        &mut self,
        kind: ClosureKind,
        captures: Vec<Captured>,
        names: Vec<(Rc<str>, Name)>,
    ) -> ClosureId {
        self.closures.push(ClosureInfo {
            kind,
            module: self.body.module,
            captures: captures.into(),
            names: names.into(),
            generics: self.body.generics.clone(),
            facts: self.global_facts(),
            used: false,
        });
        closure_id(self.closures.len() - 1)
    }

    /// The value of closure `id`, capturing these variables of this body.
    pub(crate) fn closure_value(&mut self, id: ClosureId, parents: &[LocalId], span: Span) -> Expr {
        let captures = parents
            .iter()
            .map(|local| self.capture_arg(*local, span))
            .collect();
        let ty = self.types.intern(TyKind::Closure(id));
        Expr {
            kind: ExprKind::Closure(id, captures),
            ty,
            span,
        }
    }

    /// The closure that holds a `ty` where only a trait is known of it.
    pub(crate) fn new_dyn_closure(&mut self, ty: Ty) -> ClosureId {
        self.new_closure(ClosureKind::Dyn(ty), Vec::new(), Vec::new())
    }

    fn global_facts(&self) -> Facts {
        let facts = self.body.facts.iter();
        let global = facts.filter(|fact| matches!(fact.root, Root::Global(_)) && !fact.shared);
        global.cloned().collect()
    }

    /// A captured variable as an argument.
    pub(crate) fn capture_arg(&mut self, local: LocalId, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Capture(local),
            ty: self.body.local_ty(local),
            span,
        }
    }

    /// Decides what of this body's names a closure keeps, and how it knows the others.
    fn capture(&mut self, free: Vec<Rc<str>>) -> (Vec<Captured>, Vec<(Rc<str>, Name)>) {
        let mut captures: Vec<Captured> = Vec::new();
        let mut names = Vec::new();
        for name in free {
            match self.body.find(&name).cloned() {
                None => {}
                Some(global @ Name::Global(_)) => names.push((name, global)),
                Some(Name::Local(var)) => {
                    let at = self.capture_local(&mut captures, var.id, var.binding == Binding::Mut);
                    captures[at].name = Some((name, var.binding, var.span));
                }
                Some(Name::Nested(group)) => {
                    if let Some((id, parents)) = self.nested_fn(group, &name) {
                        let own = self.capture_all(&mut captures, &parents);
                        names.push((name, Name::Known(id, own)));
                    }
                }
                Some(Name::Known(id, parents)) => {
                    let own = self.capture_all(&mut captures, &parents);
                    names.push((name, Name::Known(id, own)));
                }
            }
        }
        (captures, names)
    }

    fn capture_all(&mut self, captures: &mut Vec<Captured>, parents: &[LocalId]) -> Rc<[LocalId]> {
        let own = parents.iter().map(|parent| {
            let boxed = self.body.locals[parent.0 as usize].boxed;
            local_id(self.capture_local(captures, *parent, boxed))
        });
        own.collect()
    }

    /// A variable that may change is shared through a cell from here on.
    fn capture_local(
        &mut self,
        captures: &mut Vec<Captured>,
        parent: LocalId,
        shared: bool,
    ) -> usize {
        if let Some(at) = captures.iter().position(|c| c.parent == parent) {
            return at;
        }
        if shared {
            self.body
                .facts
                .retain(|fact| fact.root != Root::Local(parent));
        }
        let variable = &mut self.body.locals[parent.0 as usize];
        variable.boxed |= shared;
        let there = self
            .body
            .facts
            .iter()
            .any(|fact| fact.root == Root::Local(parent) && fact.path.is_empty());
        captures.push(Captured {
            parent,
            variable: variable.clone(),
            name: None,
            there: there && !shared,
        });
        captures.len() - 1
    }

    // --- Instances of closures --------------------------------------------------------------

    /// The declaration of a closure and its module; `Err` when it only forwards to something else.
    pub(crate) fn closure_decl(&self, id: ClosureId) -> Result<(Rc<FnDecl>, ModuleId), ClosureId> {
        let info = &self.closures[id.0 as usize];
        match &info.kind {
            ClosureKind::Decl(decl) => Ok((Rc::clone(decl), info.module)),
            _ => Err(id),
        }
    }

    pub(crate) fn closure_name(&self, id: ClosureId) -> Rc<str> {
        match &self.closures[id.0 as usize].kind {
            ClosureKind::Decl(decl) => Rc::clone(&decl.name.name),
            ClosureKind::Fns(templates) => Rc::clone(&self.templates[templates[0]].decl.name.name),
            ClosureKind::Host(host) => (&*self.host_fn(*host).name).into(),
            ClosureKind::Variant(def, variant) => self.variant_name(*def, *variant),
            ClosureKind::Wrapper(name) => (*name).into(),
            ClosureKind::Dyn(_) => "dyn".into(),
        }
    }

    /// Makes the captured variables the first ones of the new body; gives their number.
    pub(crate) fn enter_closure(&mut self, id: ClosureId) -> u32 {
        let info = self.closures[id.0 as usize].clone();
        self.body.generics = info.generics;
        self.body.facts = info.facts;
        for captured in info.captures.iter() {
            let local = local_id(self.body.locals.len());
            self.body.locals.push(captured.variable.clone());
            if captured.there {
                self.body.facts.push(Fact {
                    root: Root::Local(local),
                    path: Vec::new(),
                    shared: false,
                });
            }
            if let Some((name, binding, span)) = &captured.name {
                self.body.bind(
                    name,
                    Name::Local(LocalVar {
                        id: local,
                        binding: *binding,
                        span: *span,
                    }),
                );
            }
        }
        for (name, what) in info.names.iter() {
            self.body.bind(name, what.clone());
        }
        u32::try_from(info.captures.len()).unwrap_or(u32::MAX)
    }

    /// The function behind a closure that stands for something else: it passes its arguments on.
    pub(crate) fn forwarding_func(
        &mut self,
        instance: usize,
        id: ClosureId,
        args: &[Ty],
        hint: Option<Ty>,
    ) -> (Func, Ty, bool) {
        let info = self.closures[id.0 as usize].clone();
        let span = self.instance_call(instance);
        let outer = std::mem::replace(&mut self.body, crate::body::Body::new(info.module));
        let values: Vec<Expr> = args.iter().map(|ty| self.forwarded(*ty, span)).collect();
        let mut value = self.forward(&info.kind, values, span);
        match hint {
            Some(Ty::UNIT) => {
                let unit = self.unit(span);
                value = self.sequence(vec![value], unit);
            }
            Some(ty) => value = self.coerce(value, ty, "the result"),
            None => {}
        }
        let ret = self.resolve(value.ty);
        let body = std::mem::replace(&mut self.body, outer);
        let func = Func {
            name: self.closure_name(id),
            span,
            internal: true,
            locals: body.locals,
            params: u32::try_from(args.len()).unwrap_or(u32::MAX),
            captures: 0,
            ret,
            body: value,
        };
        (func, ret, true)
    }

    fn forward(&mut self, kind: &ClosureKind, args: Vec<Expr>, span: Span) -> Expr {
        match kind {
            ClosureKind::Fns(overloads) => self.call_fns_typed(overloads, args, span),
            ClosureKind::Host(host) => self.call_host_typed(*host, args, span),
            ClosureKind::Variant(def, variant) => self.variant_typed(*def, *variant, args, span),
            ClosureKind::Wrapper(name) => self.wrapper_typed(name, args, span),
            ClosureKind::Decl(_) | ClosureKind::Dyn(_) => self.wrong(span),
        }
    }

    /// How many arguments a closure takes, where that is one number.
    pub(crate) fn closure_arity(&self, id: ClosureId) -> Option<usize> {
        match &self.closures[id.0 as usize].kind {
            ClosureKind::Decl(decl) => Some(decl.params.len()),
            ClosureKind::Fns(overloads) if overloads.len() == 1 => {
                Some(self.templates[overloads[0]].decl.params.len())
            }
            ClosureKind::Fns(_) | ClosureKind::Host(_) => None,
            ClosureKind::Variant(def, variant) => Some(self.variant_arity(*def, *variant)),
            ClosureKind::Wrapper(_) => Some(1),
            ClosureKind::Dyn(_) => None,
        }
    }

    /// The variable that a captured global is.
    pub(crate) fn global_expr(&self, var: GlobalVar, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Global(var.id),
            ty: self.globals[var.id.0 as usize].ty,
            span,
        }
    }

    /// The function of an instance, to be numbered again when the program is finished.
    pub(crate) fn func_id(instance: usize) -> FuncId {
        FuncId(u32::try_from(instance).unwrap_or(u32::MAX))
    }

    /// The type parameters that a closure sees from around it.
    pub(crate) fn closure_generics(&self, id: ClosureId) -> Vec<(Rc<str>, Ty)> {
        self.closures[id.0 as usize].generics.clone()
    }

    /// Where a closure is declared.
    pub(crate) fn closure_span(&self, id: ClosureId) -> Span {
        match &self.closures[id.0 as usize].kind {
            ClosureKind::Decl(decl) => decl.head,
            ClosureKind::Fns(overloads) => self.templates[overloads[0]].decl.head,
            _ => Span::default(),
        }
    }
}

pub(crate) fn closure_id(index: usize) -> ClosureId {
    ClosureId(u32::try_from(index).unwrap_or(u32::MAX))
}

fn local_id(index: usize) -> LocalId {
    LocalId(u32::try_from(index).unwrap_or(u32::MAX))
}
