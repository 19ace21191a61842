//! The function body that is being checked: its variables, scopes and loops.

use crate::closure::NestedFns;
use crate::drops::Guard;
use crate::modules::ModuleId;
use crate::program::{GlobalId, LocalId, LoopId, Variable};
use crate::shown::Facts;
use crate::types::{ClosureId, Ty};
use rustc_hash::FxHashMap;
use shape_syntax::Span;
use shape_syntax::ast::Binding;
use std::rc::Rc;

/// What a name stands for inside a body.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// A local variable.
    Local(LocalVar),
    /// A top-level variable that lives in a global slot.
    Global(GlobalVar),
    /// A function declared in a block of this body; the number is that of its [`NestedFns`].
    Nested(usize),
    /// A closure or nested function as seen from inside itself or a sibling: what it captures
    /// stands in these variables.
    Known(ClosureId, Rc<[LocalId]>),
}

/// A local variable as a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalVar {
    pub(crate) id: LocalId,
    pub(crate) binding: Binding,
    pub(crate) span: Span,
}

/// A top-level variable as a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalVar {
    pub(crate) id: GlobalId,
    pub(crate) binding: Binding,
    pub(crate) span: Span,
}

/// A loop around the current expression.
#[derive(Debug)]
pub(crate) struct LoopCx {
    pub(crate) id: LoopId,
    /// Types of the values of `break`, for `loop`; elsewhere a value is an error.
    pub(crate) values: Option<Vec<Ty>>,
    /// What every value is converted to, once known.
    pub(crate) hint: Option<Ty>,
}

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// The top level of the script or of a module.
    Main,
    /// A function or closure.
    Fn,
}

/// A body while it is being checked.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) kind: BodyKind,
    pub(crate) module: ModuleId,
    pub(crate) locals: Vec<Variable>,
    pub(crate) scopes: Vec<FxHashMap<Rc<str>, Name>>,
    pub(crate) generics: Vec<(Rc<str>, Ty)>,
    pub(crate) loops: Vec<LoopCx>,
    /// Whether a `try` of this body is around.
    pub(crate) in_try: bool,
    /// What the argument types leave open: nothing of such a type is ever there.
    pub(crate) absent: Vec<Ty>,
    /// Whether it is that of a function whose parameters have no types of their own, so that code
    /// in it may be for other types than these.
    pub(crate) template: bool,
    /// Set by a pattern that no value of its type can match.
    pub(crate) dead_pattern: bool,
    /// The variables of the first alternative, inside the others of `a | b`.
    pub(crate) alternatives: Option<Vec<(Rc<str>, LocalId)>>,
    /// Options that are known to be there.
    pub(crate) facts: Facts,
    pub(crate) next_loop: u32,
    /// The variables that end with something to do, the outermost first.
    pub(crate) guards: Vec<Guard>,
    /// Variables that hold what leaves a scope while others end.
    pub(crate) kept: Vec<LocalId>,
    pub(crate) nested: Vec<NestedFns>,
    /// Types of everything returned so far.
    pub(crate) returns: Vec<Ty>,
    /// What everything returned is converted to, once known.
    pub(crate) ret: Option<Ty>,
    /// Whether `ret` is settled, by an annotation or by the caller, rather than what the last round
    /// found.
    pub(crate) ret_firm: bool,
    /// The argument types of the instance.
    pub(crate) owner: Rc<[Ty]>,
    /// How many of the first variables are captured ones.
    pub(crate) captured: u32,
    /// Where the type of the result is written.
    pub(crate) ret_declared: Option<Span>,
}

impl Body {
    pub(crate) fn new(module: ModuleId) -> Self {
        Self {
            kind: BodyKind::Main,
            module,
            locals: Vec::new(),
            scopes: vec![FxHashMap::default()],
            generics: Vec::new(),
            loops: Vec::new(),
            in_try: false,
            absent: Vec::new(),
            template: false,
            dead_pattern: false,
            alternatives: None,
            facts: Vec::new(),
            next_loop: 0,
            guards: Vec::new(),
            kept: Vec::new(),
            nested: Vec::new(),
            returns: Vec::new(),
            ret: None,
            ret_firm: false,
            owner: [].into(),
            captured: 0,
            ret_declared: None,
        }
    }

    /// A new variable. One without a name is the compiler's own.
    pub(crate) fn local(&mut self, name: &Rc<str>, ty: Ty) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Variable {
            name: Rc::clone(name),
            ty,
            boxed: false,
            by_ref: false,
        });
        id
    }

    /// A new variable of the compiler's own.
    pub(crate) fn temp(&mut self, ty: Ty) -> LocalId {
        self.local(&"".into(), ty)
    }

    /// The type of a variable.
    pub(crate) fn local_ty(&self, id: LocalId) -> Ty {
        self.locals[id.0 as usize].ty
    }

    /// Binds `name` in the innermost scope.
    pub(crate) fn bind(&mut self, name: &Rc<str>, what: Name) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(Rc::clone(name), what);
        }
    }

    /// Binds `name` to a new variable in the innermost scope.
    pub(crate) fn bind_local(
        &mut self,
        name: &Rc<str>,
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> LocalId {
        let id = self.local(name, ty);
        self.bind(name, Name::Local(LocalVar { id, binding, span }));
        id
    }

    /// What `name` stands for, if it is bound in this body.
    pub(crate) fn find(&self, name: &str) -> Option<&Name> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    /// A new loop.
    pub(crate) fn new_loop(&mut self) -> LoopId {
        self.next_loop += 1;
        LoopId(self.next_loop - 1)
    }
}
