//! Function instances: a template checked for one list of argument types.
//!
//! A recursive call asks for the result of an instance that is still being checked. It gets the
//! result assumed so far (at first `Never`, which goes with everything), and when the body turns
//! out to give another one, the body is checked again under that assumption, until it holds. An
//! instance that was checked meanwhile and relied on such an assumption is *provisional*: it is
//! checked again together with the one it relied on.

use crate::body::{Body, BodyKind};
use crate::checker::Checker;
use crate::modules::ModuleId;
use crate::passing::Passing;
use crate::program::{Expr, ExprKind, Func};
use crate::traits::MethodOf;
use crate::types::{ClosureId, Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::ast::{Binding, FnDecl, PatKind};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// A function as declared.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) decl: Rc<FnDecl>,
    pub(crate) module: ModuleId,
    /// Whether anything has called it.
    pub(crate) used: bool,
    /// Set for a method.
    pub(crate) method: Option<MethodOf>,
}

/// What is instantiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Template(usize),
    Closure(ClosureId),
    /// What makes a value of the one argument type ready for a text.
    Show,
    /// What runs at the end of a value of the one argument type.
    End,
    /// The method of a `dyn` table for the type behind a closure.
    Dyn(ClosureId, u32),
}

/// What tells instances apart: the target, the types of its parameters (captured variables left
/// out), and the result type where the caller insists on one.
type Key = (Target, Rc<[Ty]>, Option<Ty>);

#[derive(Debug, Default)]
pub(crate) struct Instances {
    pub(crate) list: Vec<Instance>,
    by_key: FxHashMap<Key, usize>,
    /// Instances being checked, outermost first.
    stack: Vec<usize>,
    /// The lowest stack position that the innermost instance has relied on.
    low: usize,
}

#[derive(Debug)]
pub(crate) struct Instance {
    target: Target,
    args: Rc<[Ty]>,
    state: State,
    pub(crate) ret: Ty,
    pub(crate) func: Option<Func>,
    diags: Vec<Diagnostic>,
    /// Provisional instances that are settled when this one is.
    followers: Vec<usize>,
    /// Whether `ret` was consulted while it was an assumption.
    consulted: bool,
    call: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// Being checked, at this position of the stack.
    Open(usize),
    /// Checked, but relying on the instance at this position of the stack.
    Provisional(usize),
    Done,
}

/// How deep instances may call for each other while they are being checked.
const MAX_DEPTH: usize = 10_000;
/// How many instances a program may have.
const MAX_INSTANCES: usize = 50_000;
/// How deep types may nest; a template that calls itself with ever larger types gets here.
const MAX_TYPE_DEPTH: u32 = 40;
/// How often a body is checked again until its result type is stable.
const MAX_ROUNDS: usize = 8;

impl Checker<'_> {
    pub(crate) fn new_template(&mut self, decl: &Rc<FnDecl>, module: ModuleId) -> usize {
        self.templates.push(Template {
            decl: Rc::clone(decl),
            module,
            used: false,
            method: None,
        });
        self.templates.len() - 1
    }

    /// The instance of `target` for these argument types, and its result type.
    pub(crate) fn instantiate(
        &mut self,
        target: Target,
        args: &[Ty],
        ret: Option<Ty>,
        call: Span,
    ) -> (usize, Ty) {
        let args: Rc<[Ty]> = args.iter().map(|ty| self.resolve(*ty)).collect();
        let ret = ret.map(|ty| self.resolve(ty));
        if let Target::Template(index) = target {
            self.templates[index].used = true;
        } else if let Target::Closure(id) = target {
            self.closures[id.0 as usize].used = true;
        }
        let index = match self.open_instance(target, &args, ret) {
            Some(index) => index,
            None => self.instance_of((target, args, ret), call),
        };
        match self.instances.list[index].state {
            State::Done => {}
            State::Open(position) => {
                self.instances.list[index].consulted = true;
                self.instances.low = self.instances.low.min(position);
            }
            State::Provisional(position) => {
                self.instances.low = self.instances.low.min(position);
            }
            State::New => self.check_instance(index, ret),
        }
        let found = self.instances.list[index].ret;
        let found = if self.instances.list[index].state == State::Done {
            self.fresh_result(found, index)
        } else {
            found
        };
        (index, found)
    }

    /// A recursive call whose argument types are not known yet, as in `f([])`, means the instance
    /// that is being checked, if its argument types have that form.
    fn open_instance(&mut self, target: Target, args: &[Ty], ret: Option<Ty>) -> Option<usize> {
        if ret.is_some() || !args.iter().any(|ty| self.is_open(*ty)) {
            return None;
        }
        let open = self.instances.stack.iter().rev();
        let found = open.copied().find(|index| {
            let instance = &self.instances.list[*index];
            instance.target == target
                && instance.args.len() == args.len()
                && instance
                    .args
                    .iter()
                    .zip(args)
                    .all(|(own, ty)| self.same_form(*own, *ty))
        })?;
        let own = Rc::clone(&self.instances.list[found].args);
        for (own, ty) in own.iter().zip(args) {
            self.unify(*own, *ty);
        }
        Some(found)
    }

    /// Whether two types differ only in what is not known of them.
    fn same_form(&self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.shallow(a), self.shallow(b));
        let (kind_a, kind_b) = (self.types.kind(a), self.types.kind(b));
        if a == b || matches!(kind_a, TyKind::Var(_)) || matches!(kind_b, TyKind::Var(_)) {
            return true;
        }
        let (mut parts_a, mut parts_b) = (Vec::new(), Vec::new());
        crate::infer::parts(kind_a, &mut |ty| parts_a.push(ty));
        crate::infer::parts(kind_b, &mut |ty| parts_b.push(ty));
        std::mem::discriminant(kind_a) == std::mem::discriminant(kind_b)
            && !parts_a.is_empty()
            && parts_a.len() == parts_b.len()
            && parts_a
                .iter()
                .zip(&parts_b)
                .all(|(a, b)| self.same_form(*a, *b))
    }

    /// The result type for one more call: what is open in it and not in the arguments, such as the
    /// elements of an empty array that is returned, is decided by each call for itself.
    fn fresh_result(&mut self, ret: Ty, index: usize) -> Ty {
        if !self.is_open(ret) {
            return ret;
        }
        let args = Rc::clone(&self.instances.list[index].args);
        let mut held = Vec::new();
        for ty in args.iter() {
            self.open_vars(*ty, &mut held);
        }
        let mut open = Vec::new();
        self.open_vars(ret, &mut open);
        open.retain(|var| !held.contains(var));
        let pairs: Vec<(Ty, Ty)> = open.into_iter().map(|var| (var, self.fresh())).collect();
        self.replace(ret, &pairs)
    }

    fn instance_of(&mut self, key: Key, call: Span) -> usize {
        if let Some(&index) = self.instances.by_key.get(&key) {
            return index;
        }
        let index = self.instances.list.len();
        self.instances.list.push(Instance {
            target: key.0,
            args: Rc::clone(&key.1),
            state: State::New,
            ret: key.2.unwrap_or(Ty::NEVER),
            func: None,
            diags: Vec::new(),
            followers: Vec::new(),
            consulted: false,
            call,
        });
        self.instances.by_key.insert(key, index);
        index
    }

    fn check_instance(&mut self, index: usize, want: Option<Ty>) {
        if let Some(problem) = self.too_much(index) {
            self.report(problem);
            let instance = &mut self.instances.list[index];
            instance.state = State::Done;
            instance.ret = Ty::WRONG;
            return;
        }
        let position = self.instances.stack.len();
        let outer_low = std::mem::replace(&mut self.instances.low, usize::MAX);
        self.instances.stack.push(index);
        self.instances.list[index].state = State::Open(position);
        self.settle(index, want);
        self.instances.stack.pop();
        let low = std::mem::replace(&mut self.instances.low, outer_low);
        if low < position {
            self.instances.list[index].state = State::Provisional(low);
            self.instances.low = self.instances.low.min(low);
            if let Some(&parent) = self.instances.stack.last() {
                self.instances.list[parent].followers.push(index);
            }
        } else {
            self.close(index);
        }
    }

    fn too_much(&self, index: usize) -> Option<Diagnostic> {
        let instance = &self.instances.list[index];
        let too_deep = instance
            .args
            .iter()
            .any(|ty| self.types.depth(*ty) > MAX_TYPE_DEPTH);
        if !too_deep
            && self.instances.stack.len() < MAX_DEPTH
            && self.instances.list.len() < MAX_INSTANCES
        {
            return None;
        }
        let message = format!(
            "`{}` would have to be checked for ever more argument types",
            self.target_name(instance.target)
        );
        Some(
            Diagnostic::error("E0213", instance.call, message)
                .help("annotate its parameters, so that it is checked for one list of types"),
        )
    }

    fn target_name(&self, target: Target) -> Rc<str> {
        match target {
            Target::Template(index) => Rc::clone(&self.templates[index].decl.name.name),
            Target::Closure(id) | Target::Dyn(id, _) => self.closure_name(id),
            Target::Show => "display".into(),
            Target::End => "drop".into(),
        }
    }

    /// Checks the body until its result type is what was assumed.
    fn settle(&mut self, index: usize, want: Option<Ty>) {
        let mut hint = want;
        for round in 0..MAX_ROUNDS {
            self.instances.list[index].consulted = false;
            self.instances.list[index].ret = hint.unwrap_or(Ty::NEVER);
            let outer_diags = std::mem::take(&mut self.diags);
            let (func, found, exact) = self.check_body(index, hint, want.is_some());
            let diags = std::mem::replace(&mut self.diags, outer_diags);
            let instance = &mut self.instances.list[index];
            instance.diags = diags;
            let assumed = instance.ret;
            instance.ret = found;
            instance.func = Some(func);
            let stable = exact && (!instance.consulted || assumed == found);
            if stable || (want.is_some() && round > 0) {
                return;
            }
            hint = Some(found);
            self.forget_followers(index);
        }
        let instance = &mut self.instances.list[index];
        instance.ret = Ty::WRONG;
        if !instance.diags.is_empty() {
            // What is wrong inside has been said, and is why there is no result.
            return;
        }
        let (target, span) = (instance.target, instance.call);
        let name = self.target_name(target);
        self.report(
            Diagnostic::error(
                "E0213",
                span,
                format!("the result type of `{name}` cannot be found"),
            )
            .help("write it: `-> T` after the parameters"),
        );
    }

    fn forget_followers(&mut self, index: usize) {
        for follower in std::mem::take(&mut self.instances.list[index].followers) {
            self.forget_followers(follower);
            let instance = &mut self.instances.list[follower];
            instance.state = State::New;
            instance.diags.clear();
        }
    }

    /// Marks an instance and those that waited for it as checked, and hands on what they reported.
    fn close(&mut self, index: usize) {
        let instance = &mut self.instances.list[index];
        instance.state = State::Done;
        let diags = std::mem::take(&mut instance.diags);
        let followers = std::mem::take(&mut instance.followers);
        let diags = self.explain_call(index, diags);
        self.diags.extend(diags);
        for follower in followers {
            self.close(follower);
        }
    }

    /// Errors inside a template say which call asked for it; errors inside the host's own modules
    /// are the caller's.
    fn explain_call(&self, index: usize, mut diags: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let instance = &self.instances.list[index];
        let (name, module, annotated, declared) = match instance.target {
            Target::Template(template) => {
                let template = &self.templates[template];
                // A method that nothing calls is checked for the type that it belongs to.
                let unused = template.method.is_some() && template.decl.name.span == instance.call;
                let annotated = unused || template.decl.params.iter().all(|p| p.ty.is_some());
                (
                    Rc::clone(&template.decl.name.name),
                    template.module,
                    annotated,
                    template.decl.head,
                )
            }
            Target::Closure(id) => (
                self.closure_name(id),
                self.closures[id.0 as usize].module,
                true,
                self.closure_span(id),
            ),
            Target::Show | Target::End | Target::Dyn(..) => return diags,
        };
        let internal = self.modules[module].host.is_some();
        for diagnostic in &mut diags {
            let inside = diagnostic.span.file == declared.file;
            if internal && inside {
                let (code, message) = (diagnostic.code, std::mem::take(&mut diagnostic.message));
                let notes = std::mem::take(&mut diagnostic.notes);
                *diagnostic = Diagnostic::error(code, instance.call, message)
                    .label(format!("in this call of `{name}`"));
                diagnostic.notes = notes;
            } else if !annotated
                && !instance.args.contains(&Ty::WRONG)
                && inside
                && !says_call(diagnostic)
                && diagnostic.code.starts_with("E02")
            {
                let types: Vec<String> = instance.args.iter().map(|ty| self.show(*ty)).collect();
                let types = types.join(", ");
                let is_host = matches!(
                    instance.target,
                    Target::Template(template)
                        if self.templates[template].decl.name.span == instance.call
                );
                diagnostic.related.push(match is_host {
                    true => (
                        instance.call,
                        format!("the host calls `{name}` with ({types})"),
                    ),
                    false => (
                        instance.call,
                        format!("`{name}` is called here with ({types})"),
                    ),
                });
            }
        }
        diags
    }

    /// One round: the function, its result type, and whether every value returned had just that
    /// type. `hint` is the type to convert results to; where it is not `firm`, it is only what the
    /// last round found, and may have been too narrow.
    fn check_body(&mut self, index: usize, hint: Option<Ty>, firm: bool) -> (Func, Ty, bool) {
        let instance = &self.instances.list[index];
        let (target, args, call) = (instance.target, Rc::clone(&instance.args), instance.call);
        let (decl, module) = match target {
            Target::Template(template) => {
                let template = &self.templates[template];
                (Rc::clone(&template.decl), template.module)
            }
            Target::Closure(id) => match self.closure_decl(id) {
                Ok(found) => found,
                Err(template) => return self.forwarding_func(index, template, &args, hint),
            },
            Target::Show => return self.show_func(args[0], call),
            Target::End => return self.end_func(args[0], call),
            Target::Dyn(id, table) => return self.dyn_func(id, table),
        };
        let mut body = Body::new(module);
        body.kind = BodyKind::Fn;
        let outer = std::mem::replace(&mut self.body, body);
        let captures = match target {
            Target::Closure(id) => self.enter_closure(id),
            Target::Template(template) => {
                self.enter_method(template, &args);
                0
            }
            Target::Show | Target::End | Target::Dyn(..) => 0,
        };
        self.body.owner = Rc::clone(&args);
        self.body.captured = captures;
        self.body.template = decl.params.iter().any(|p| p.ty.is_none());
        for ty in args.iter() {
            let mut absent = std::mem::take(&mut self.body.absent);
            self.open_vars(*ty, &mut absent);
            self.body.absent = absent;
        }
        let passing = self.passing(&decl, module);
        let call = self.instances.list[index].call;
        for (ty, passing) in args.iter().zip(passing.iter()) {
            if *passing == Passing::Value && matches!(self.kind(*ty), TyKind::Ref(_)) {
                self.unwanted_reference(call);
            }
        }
        let destructured = self.enter_params(&decl, &args, &passing);
        let params = captures + u32::try_from(decl.params.len()).unwrap_or(u32::MAX);
        if let Some(ret) = &decl.ret {
            self.body.ret_declared = Some(ret.span);
            let ret = self.type_expr(ret);
            self.body.ret = Some(ret);
            self.body.ret_firm = true;
        } else if let Some(ret) = self.method_result(target, firm) {
            self.body.ret = Some(ret);
            self.body.ret_firm = true;
        } else {
            self.body.ret = hint;
            self.body.ret_firm = firm;
        }
        let starts = self.guard_params(target, captures, params);
        let (value, ret, exact) = match self.bounds_hold(&decl, call) {
            true => self.body_value(&decl, destructured),
            false => (self.wrong(decl.head), Ty::WRONG, true),
        };
        let value = match starts.is_empty() {
            true => value,
            false => {
                let (_, value) = self.guarded(Vec::new(), Some(value), &starts, decl.head);
                value.unwrap_or_else(|| self.unit(decl.head))
            }
        };
        let (value, whole) = self.with_changed_self(target, &args, value, ret);
        let body = std::mem::replace(&mut self.body, outer);
        let func = Func {
            name: Rc::clone(&decl.name.name),
            span: decl.head,
            internal: self.modules[module].host.is_some(),
            locals: body.locals,
            params,
            captures,
            ret: whole,
            body: value,
        };
        (func, ret, exact)
    }

    /// Makes the parameters the first variables; gives the statements that take patterns apart.
    fn enter_params(&mut self, decl: &FnDecl, args: &[Ty], passing: &[Passing]) -> Vec<Expr> {
        self.body.scopes.push(FxHashMap::default());
        // Of what no call has reached, and of a call that is wrong, the type arguments are not known.
        let is_known = decl.generics.is_empty() || !args.iter().any(|arg| self.holds_wrong(*arg));
        for name in &decl.generics {
            let ty = match is_known {
                true => self.fresh(),
                false => Ty::WRONG,
            };
            self.body.generics.push((Rc::clone(&name.name), ty));
        }
        let mut names = Vec::new();
        for param in &decl.params {
            crate::pattern::bound_names(&param.pat, &mut names);
        }
        self.no_name_twice(names.iter().chain(&decl.generics));
        let mut patterns = Vec::new();
        for ((param, arg), passing) in decl.params.iter().zip(args.iter().copied()).zip(passing) {
            let (arg, by_ref) = match self.kind(arg) {
                TyKind::Ref(inner) => (inner, true),
                _ => (arg, false),
            };
            let ty = match &param.ty {
                Some(written) => {
                    let written = self.type_expr(written);
                    self.unify(written, arg);
                    if arg == Ty::WRONG { written } else { arg }
                }
                None => arg,
            };
            match &param.pat.kind {
                PatKind::Bind(name, mutable) => {
                    let changes = *mutable || *passing == Passing::Exclusive;
                    let binding = if changes { Binding::Mut } else { Binding::Let };
                    self.params_at.insert(name.span);
                    self.body.bind_local(&name.name, ty, binding, name.span);
                }
                _ => {
                    let temp = self.body.temp(ty);
                    patterns.push((temp, &param.pat));
                }
            }
            if let Some(variable) = self.body.locals.last_mut() {
                variable.boxed |= by_ref;
                variable.by_ref = by_ref;
            }
        }
        let mut statements = Vec::new();
        for (temp, pat) in patterns {
            let ty = self.body.local_ty(temp);
            let value = Expr {
                kind: ExprKind::Local(temp),
                ty,
                span: pat.span,
            };
            statements.push(self.destructure(pat, value, Binding::Let));
        }
        statements
    }

    fn body_value(&mut self, decl: &FnDecl, mut before: Vec<Expr>) -> (Expr, Ty, bool) {
        let span = decl.body.span;
        let want = self.body.ret;
        let value = match want {
            Some(Ty::UNIT) => {
                let value = self.expr_unused(&decl.body);
                let unit = self.unit(span);
                self.sequence(vec![value], unit)
            }
            Some(ty) => {
                let expected = self.body.ret_firm.then_some(ty);
                let value = self.expr(&decl.body, expected);
                self.as_result(value, ty)
            }
            None => self.expr(&decl.body, None),
        };
        let (ret, exact) = match want {
            Some(ty) if self.body.ret_firm => (ty, true),
            _ => self.join_returns(value.ty, span),
        };
        let ret = self.resolve(ret);
        if before.is_empty() {
            return (value, ret, exact);
        }
        before.retain(|e| !matches!(e.kind, ExprKind::Unit));
        (self.sequence(before, value), ret, exact)
    }

    /// A value that is returned, as far as it can be a `ty`.
    pub(crate) fn as_result(&mut self, value: Expr, ty: Ty) -> Expr {
        if self.body.ret_firm || self.how(value.ty, ty).is_some() {
            self.coerce_declared(value, ty, "the result", self.body.ret_declared)
        } else {
            value
        }
    }

    /// The type that everything returned has in common, and whether all had just that one.
    fn join_returns(&mut self, tail: Ty, span: Span) -> (Ty, bool) {
        let mut all = std::mem::take(&mut self.body.returns);
        all.push(tail);
        let mut joined = Ty::NEVER;
        for ty in &all {
            if self.mixes_result(joined, *ty) {
                let (a, b) = (self.show(joined), self.show(*ty));
                self.report(
                    Diagnostic::error(
                        "E0201",
                        span,
                        format!("the function returns `{a}` in one place and `{b}` in another"),
                    )
                    .help("wrap the plain value in `Ok(…)`"),
                );
                return (Ty::WRONG, true);
            }
            joined = self.join(joined, *ty);
        }
        let joined = self.resolve(joined);
        let exact = all.iter().all(|ty| {
            let ty = self.resolve(*ty);
            ty == joined || ty == Ty::NEVER
        });
        (joined, exact)
    }

    fn mixes_result(&self, a: Ty, b: Ty) -> bool {
        let plain = |kind: &TyKind| {
            !matches!(
                kind,
                TyKind::Result(..) | TyKind::Never | TyKind::Wrong | TyKind::Var(_)
            )
        };
        let (a, b) = (self.kind(a), self.kind(b));
        (matches!(a, TyKind::Result(..)) && plain(&b))
            || (matches!(b, TyKind::Result(..)) && plain(&a))
    }
}

impl Checker<'_> {
    /// The types of argument `at` in the instances of `target` that are being checked, the innermost
    /// first.
    pub(crate) fn open_args(&self, target: Target, at: usize) -> Vec<Ty> {
        let open = self
            .instances
            .stack
            .iter()
            .rev()
            .map(|index| &self.instances.list[*index]);
        open.filter(|instance| instance.target == target)
            .filter_map(|instance| instance.args.get(at).copied())
            .collect()
    }

    /// Where an instance was first asked for.
    pub(crate) fn instance_call(&self, index: usize) -> Span {
        self.instances.list[index].call
    }
}

/// Whether a diagnostic shows the call of the template that it is in.
fn says_call(diagnostic: &Diagnostic) -> bool {
    let mut texts = diagnostic.related.iter().map(|(_, text)| text);
    texts.any(|text| text.contains(" is called here with ") || text.starts_with("the host calls "))
}
