//! Closures of unknown identity: groups, and the tables by which they are called.
//!
//! Where several closures meet (in an array, in a variable that is assigned to), their type is a group
//! that may still grow. Where one is converted to a written function type, it enters that type's
//! dispatch table. Both are called by what is found in the value at run time.

use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::instance::Target;
use crate::program::SigId;
use crate::types::{ClosureId, Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::FnDecl;
use std::rc::Rc;

/// Closures that can be in one place, and how they are called there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    members: Vec<ClosureId>,
    sigs: Vec<(SigId, Rc<[Ty]>, Ty)>,
    /// Groups that take in whatever joins this one.
    wider: Vec<u32>,
}

impl Checker<'_> {
    pub(crate) fn new_group(&mut self, id: ClosureId) -> Ty {
        let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.groups.push(Group {
            members: vec![id],
            ..Group::default()
        });
        self.types.intern(TyKind::Group(number))
    }

    pub(crate) fn add_to_group(&mut self, group: u32, id: ClosureId) {
        if self.groups[group as usize].members.contains(&id) {
            return;
        }
        self.groups[group as usize].members.push(id);
        let Group { sigs, wider, .. } = self.groups[group as usize].clone();
        for (sig, params, ret) in sigs {
            self.dispatch_to(sig, id, &params, ret, Span::default());
        }
        for other in wider {
            self.add_to_group(other, id);
        }
    }

    /// Lets everything that is or will be in `from` be in `into` too.
    pub(crate) fn widen_group(&mut self, from: u32, into: u32) {
        if from == into || self.groups[from as usize].wider.contains(&into) {
            return;
        }
        self.groups[from as usize].wider.push(into);
        for id in self.groups[from as usize].members.clone() {
            self.add_to_group(into, id);
        }
    }

    /// Calls a closure of a group with arguments of these types: how, and what comes out. The first
    /// member decides the type of the result.
    pub(crate) fn group_sig(&mut self, group: u32, params: &[Ty], span: Span) -> (SigId, Ty) {
        let params: Rc<[Ty]> = params.iter().map(|ty| self.resolve(*ty)).collect();
        if let Some((sig, _, ret)) = self.groups[group as usize]
            .sigs
            .iter()
            .find(|(_, p, _)| *p == params)
        {
            return (*sig, *ret);
        }
        let members = self.groups[group as usize].members.clone();
        let mut ret = Ty::NEVER;
        for member in &members {
            if self.fits(*member, params.len(), span) {
                let (_, one) = self.instantiate(Target::Closure(*member), &params, None, span);
                ret = self.join(ret, one);
            }
        }
        let sig = self.sig(&params, ret);
        self.enter_group_sig(group, sig, params, ret, span);
        (sig, ret)
    }

    fn enter_group_sig(&mut self, group: u32, sig: SigId, params: Rc<[Ty]>, ret: Ty, span: Span) {
        self.groups[group as usize]
            .sigs
            .push((sig, Rc::clone(&params), ret));
        for member in self.groups[group as usize].members.clone() {
            self.dispatch_to(sig, member, &params, ret, span);
        }
    }

    /// Makes a closure callable as a `(params) => ret`; whether it takes that many arguments.
    pub(crate) fn closure_as_fn(
        &mut self,
        id: ClosureId,
        params: &[Ty],
        ret: Ty,
        span: Span,
    ) -> bool {
        if self
            .closure_arity(id)
            .is_some_and(|arity| arity != params.len())
        {
            return false;
        }
        let sig = self.sig(params, ret);
        self.dispatch_to(sig, id, params, ret, span);
        true
    }

    /// Makes a group callable as a `(params) => ret`.
    pub(crate) fn group_as_fn(&mut self, group: u32, params: &[Ty], ret: Ty, span: Span) {
        let sig = self.sig(params, ret);
        self.enter_group_sig(group, sig, params.into(), ret, span);
    }

    /// A function that passes itself ever new closures of one text would be checked without end.
    /// From the second on, such closures are taken as one group.
    pub(crate) fn generalise(&mut self, target: Target, types: &mut [Ty]) {
        for (at, ty) in types.iter_mut().enumerate() {
            let TyKind::Closure(id) = self.kind(*ty) else {
                continue;
            };
            let Some(decl) = self.closure_text(id) else {
                continue;
            };
            for open in self.open_args(target, at) {
                match self.kind(open) {
                    TyKind::Closure(other)
                        if other != id && self.closure_text(other) == Some(decl) =>
                    {
                        *ty = self.new_group(id);
                    }
                    TyKind::Group(group) if self.group_has(group, decl) => {
                        self.add_to_group(group, id);
                        *ty = open;
                        break;
                    }
                    _ => {}
                }
            }
        }
    }

    /// What tells whether two closures come from one text.
    fn closure_text(&self, id: ClosureId) -> Option<*const FnDecl> {
        match &self.closures[id.0 as usize].kind {
            ClosureKind::Decl(decl) => Some(Rc::as_ptr(decl)),
            _ => None,
        }
    }

    fn group_has(&self, group: u32, text: *const FnDecl) -> bool {
        let members = &self.groups[group as usize].members;
        members
            .iter()
            .any(|id| self.closure_text(*id) == Some(text))
    }

    fn fits(&mut self, id: ClosureId, count: usize, span: Span) -> bool {
        let arity = self.closure_arity(id);
        let fits = arity.is_none_or(|arity| arity == count);
        if let Some(arity) = arity
            && !fits
        {
            let message = format!("the function takes {arity} arguments, found {count}");
            self.error("E0202", span, message);
        }
        fits
    }

    pub(crate) fn dispatch_to(
        &mut self,
        sig: SigId,
        id: ClosureId,
        params: &[Ty],
        ret: Ty,
        span: Span,
    ) {
        if self.dispatch[sig.0 as usize]
            .iter()
            .any(|(known, _)| *known == id)
            || !self.fits(id, params.len(), span)
        {
            return;
        }
        // `()` takes any result and drops it.
        let (instance, _) = self.instantiate(Target::Closure(id), params, Some(ret), span);
        self.dispatch[sig.0 as usize].push((id, instance));
    }

    /// The dispatch table for calls with these types.
    pub(crate) fn sig(&mut self, params: &[Ty], ret: Ty) -> SigId {
        let params: Vec<Ty> = params.iter().map(|ty| self.resolve(*ty)).collect();
        let ret = self.resolve(ret);
        let next = u32::try_from(self.dispatch.len()).unwrap_or(u32::MAX);
        let sig = *self.sigs.entry((params, ret)).or_insert(next);
        if sig == next {
            self.dispatch.push(Vec::new());
        }
        SigId(sig)
    }
}
