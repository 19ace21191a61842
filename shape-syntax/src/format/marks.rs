//! What the tree says about the atoms: where statements and parts begin, what signs mean, and, in `exprs`,
//! where an expression may go on in a new line.
//!
//! The tree is walked by exhaustive matches, so that nothing new in the language is forgotten here.

use super::atoms::{Atom, Role};
use super::groups::{Break, Group};
use crate::Span;
use crate::ast::{
    Block, EnumDecl, FieldDecl, FnDecl, Ident, Module, Param, Pat, PatKind, Path, Stmt, StmtKind,
    TypeDecl, TypeDeclKind, TypeExpr, TypeExprKind, VariantKind,
};
use crate::lexer::T;

/// Atoms from one to another, both included.
pub(super) type Range = (usize, usize);

/// What has been found.
pub(super) struct Marks<'m, 'a> {
    pub atoms: &'m mut Vec<Atom<'a>>,
    pub groups: Vec<Group>,
    /// Where a line may end in front of an atom.
    pub breaks: Vec<Option<Break>>,
    /// The `{` of the branches of each `if`, whose lines end together.
    pub branches: Vec<(Range, Vec<usize>)>,
}

impl<'m, 'a> Marks<'m, 'a> {
    pub(super) fn new(atoms: &'m mut Vec<Atom<'a>>) -> Self {
        let breaks = vec![None; atoms.len()];
        Self {
            atoms,
            groups: Vec::new(),
            breaks,
            branches: Vec::new(),
        }
    }

    /// Marks all of a file.
    pub(super) fn module(&mut self, module: &Module) {
        let end = self.atoms.len() - 1;
        self.statements(&module.body, end);
    }

    /// The atom that starts at an offset, or the first one after it.
    pub(super) fn at(&self, offset: u32) -> usize {
        let at = self.atoms.partition_point(|atom| atom.start < offset);
        at.min(self.atoms.len() - 1)
    }

    /// The atoms of a span, without the parentheses around all of them.
    pub(super) fn range(&self, span: Span) -> Range {
        let mut first = self.at(span.start);
        let (_, mut last) = self.whole(span);
        while first < last && self.atoms[first].kind == T::LParen {
            if self.atoms[first].close != Some(last) {
                break;
            }
            first += 1;
            last -= 1;
        }
        (first, last)
    }

    /// The first atom of this kind from `at` on.
    pub(super) fn next(&self, at: usize, kind: T) -> Option<usize> {
        (at..self.atoms.len()).find(|&at| self.atoms[at].kind == kind)
    }

    /// Statements up to the atom `end`. The `;` between them go, but for those that keep a line from being
    /// read together with the one before it.
    fn statements(&mut self, stmts: &[Stmt], end: usize) {
        let starts: Vec<usize> = stmts.iter().map(|stmt| self.start_of(stmt)).collect();
        for (index, stmt) in stmts.iter().enumerate() {
            let start = starts[index];
            self.atoms[start].begins = true;
            let mut keep = index > 0 && goes_on(&self.atoms[start]);
            for at in (0..start).rev() {
                if self.atoms[at].kind != T::Semi {
                    break;
                }
                if !std::mem::take(&mut keep) {
                    drop_atom(self.atoms, at);
                }
            }
            self.stmt(stmt);
        }
        if !stmts.is_empty() {
            for at in (0..end).rev() {
                if self.atoms[at].kind != T::Semi {
                    break;
                }
                drop_atom(self.atoms, at);
            }
        }
    }

    fn start_of(&self, stmt: &Stmt) -> usize {
        self.at(stmt.span.start)
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(binding) => {
                self.pat(&binding.pat);
                binding.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&binding.init);
            }
            StmtKind::Expr(inner) => self.expr(inner),
            StmtKind::Fn(decl) => {
                self.generics(&decl.name);
                self.function(decl);
            }
            StmtKind::Type(decl) => self.type_decl(decl),
            StmtKind::Enum(decl) => self.enum_decl(decl),
            StmtKind::Mod(decl) => {
                let open = self.next(self.at(decl.name.span.end), T::LBrace);
                self.braces(open, &decl.module.body);
            }
            StmtKind::Trait(decl) => self.trait_decl(decl),
            StmtKind::Impl(decl) => self.impl_decl(decl),
            StmtKind::Use(_) => {}
        }
    }

    /// Marks the `<…>` that may follow a declared name.
    pub(super) fn generics(&mut self, name: &Ident) {
        self.generics_at(self.at(name.span.end));
    }

    /// Marks the `<…>` that may begin with this atom.
    pub(super) fn generics_at(&mut self, first: usize) {
        if self.atoms[first].kind != T::Lt {
            return;
        }
        let mut depth = 0_i32;
        for atom in &mut self.atoms[first..] {
            depth += match atom.kind {
                T::Lt => 1,
                T::Gt => -1,
                T::GtGt => -2,
                _ => continue,
            };
            atom.role = Role::Angle;
            if depth <= 0 {
                return;
            }
        }
    }

    pub(super) fn function(&mut self, decl: &FnDecl) {
        self.signature(decl);
        self.expr(&decl.body);
    }

    /// A function without its body.
    pub(super) fn signature(&mut self, decl: &FnDecl) {
        for bound in &decl.bounds {
            bound.traits.iter().for_each(|of| self.trait_ref(of));
        }
        for param in &decl.params {
            let Param {
                pat, ty, default, ..
            } = param;
            self.pat(pat);
            ty.iter().for_each(|ty| self.ty(ty));
            default.iter().for_each(|value| self.expr(value));
        }
        decl.ret.iter().for_each(|ty| self.ty(ty));
    }

    fn type_decl(&mut self, decl: &TypeDecl) {
        self.generics(&decl.name);
        match &decl.kind {
            TypeDeclKind::Alias(ty) => self.ty(ty),
            TypeDeclKind::Record(fields) => {
                let open = self.next(self.at(decl.name.span.end), T::LBrace);
                self.fields(open, fields);
            }
        }
    }

    fn enum_decl(&mut self, decl: &EnumDecl) {
        self.generics(&decl.name);
        let open = self.next(self.at(decl.name.span.end), T::LBrace);
        let names: Vec<Span> = decl.variants.iter().map(|v| v.name.span).collect();
        self.parts(open, &names);
        for variant in &decl.variants {
            match &variant.kind {
                VariantKind::Unit => {}
                VariantKind::Tuple(types) => types.iter().for_each(|ty| self.ty(ty)),
                VariantKind::Record(fields) => {
                    self.fields(Some(self.at(variant.name.span.end)), fields);
                }
                VariantKind::Value(value) => self.expr(value),
            }
        }
    }

    fn fields(&mut self, open: Option<usize>, fields: &[FieldDecl]) {
        let names: Vec<Span> = fields.iter().map(|field| field.name.span).collect();
        self.parts(open, &names);
        for field in fields {
            self.ty(&field.ty);
            field.default.iter().for_each(|value| self.expr(value));
        }
    }

    /// Parts that a new line, a `;` or a `,` may separate; then a `,` does.
    fn parts(&mut self, open: Option<usize>, names: &[Span]) {
        let Some((open, close)) = open.and_then(|open| Some((open, self.atoms[open].close?)))
        else {
            return;
        };
        self.atoms[open].role = Role::Parts;
        let starts = names
            .iter()
            .map(|name| name.start)
            .map(|start| self.at(start));
        let starts: Vec<usize> = starts.collect();
        for (index, &start) in starts.iter().enumerate() {
            self.atoms[start].begins = true;
            if index > 0 {
                self.separate(start);
            }
        }
        let last = &mut self.atoms[close - 1];
        if last.kind == T::Semi {
            (last.kind, last.text) = (T::Comma, ",");
        }
    }

    /// Puts a `,` in front of a part.
    pub(super) fn separate(&mut self, start: usize) {
        let before = &mut self.atoms[start - 1];
        match before.kind {
            T::Comma => {}
            T::Semi => (before.kind, before.text) = (T::Comma, ","),
            _ => before.suffix = ",",
        }
    }

    /// The statements between braces.
    fn braces(&mut self, open: Option<usize>, stmts: &[Stmt]) {
        let Some((open, close)) = open.and_then(|open| Some((open, self.atoms[open].close?)))
        else {
            return;
        };
        self.atoms[open].role = Role::Block;
        self.statements(stmts, close);
    }

    pub(super) fn block(&mut self, block: &Block) {
        let open = self.next(self.at(block.span.start), T::LBrace);
        self.braces(open, &block.stmts);
    }

    pub(super) fn ty(&mut self, ty: &TypeExpr) {
        crate::deep(|| self.ty_kind(ty));
    }

    fn ty_kind(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Named(path, args) => {
                self.type_args(path, args, ty.span);
            }
            TypeExprKind::Option(inner) | TypeExprKind::Ref(inner) => self.ty(inner),
            TypeExprKind::Tuple(items) | TypeExprKind::Union(items) => {
                items.iter().for_each(|item| self.ty(item));
            }
            TypeExprKind::Object(fields) => {
                self.fields(self.next(self.at(ty.span.start), T::LBrace), fields);
            }
            TypeExprKind::Fn(params, result) => {
                params.iter().for_each(|param| self.ty(param));
                self.ty(result);
            }
            TypeExprKind::Dyn(of) => self.trait_ref(of),
            TypeExprKind::Unit | TypeExprKind::None | TypeExprKind::Error => {}
        }
    }

    /// The `<…>` behind the name of a type or trait, up to the end of `span`.
    pub(super) fn type_args(&mut self, path: &Path, args: &[TypeExpr], span: Span) {
        if args.is_empty() {
            return;
        }
        let (first, last) = (self.at(path.span.end), self.range(span).1);
        for atom in &mut self.atoms[first..=last] {
            if matches!(atom.kind, T::Lt | T::Gt | T::GtGt) {
                atom.role = Role::Angle;
            }
        }
        args.iter().for_each(|arg| self.ty(arg));
    }

    pub(super) fn pat(&mut self, pat: &Pat) {
        crate::deep(|| self.pat_kind(pat));
    }

    fn pat_kind(&mut self, pat: &Pat) {
        match &pat.kind {
            PatKind::Wild
            | PatKind::Bind(..)
            | PatKind::Lit(_)
            | PatKind::Range(..)
            | PatKind::Error => {}
            PatKind::Typed(inner, ty) => {
                self.pat(inner);
                self.ty(ty);
            }
            PatKind::Array(before, _, after) => {
                before.iter().chain(after).for_each(|pat| self.pat(pat));
            }
            PatKind::Object(fields) | PatKind::Struct(_, fields) => {
                fields.iter().for_each(|(_, pat)| self.pat(pat));
            }
            PatKind::Variant(_, pats) | PatKind::Or(pats) => {
                pats.iter().for_each(|pat| self.pat(pat));
            }
            PatKind::At(_, inner) => self.pat(inner),
        }
    }

    /// The atoms of a span with the parentheses around them.
    pub(super) fn whole(&self, span: Span) -> Range {
        let first = self.at(span.start);
        let last = self.atoms.partition_point(|atom| atom.start < span.end);
        (first, last.saturating_sub(1).max(first))
    }
}

/// Whether a line that starts with this atom would go on with the statement before it.
fn goes_on(atom: &Atom<'_>) -> bool {
    matches!(
        atom.kind,
        T::Minus
            | T::Pipe
            | T::PipePipe
            | T::Amp
            | T::AmpAmp
            | T::BangBang
            | T::Dot
            | T::DotDot
            | T::DotDotEq
    )
}

/// Leaves an atom out. What stands in front of it then stands in front of the next one.
pub(super) fn drop_atom(atoms: &mut [Atom<'_>], at: usize) {
    if atoms[at].dropped {
        return;
    }
    atoms[at].dropped = true;
    let mut comments = std::mem::take(&mut atoms[at].comments);
    let newlines = atoms[at].newlines;
    let next = at
        + 1
        + atoms[at + 1..]
            .iter()
            .take_while(|atom| atom.dropped)
            .count();
    let next = &mut atoms[next];
    match next.comments.first_mut() {
        Some(comment) => comment.newlines += newlines,
        None => next.newlines += newlines,
    }
    comments.append(&mut next.comments);
    next.comments = comments;
    next.apart = true;
}
