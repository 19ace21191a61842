//! The tables that all functions of a program share.

use super::Abi;
use super::types;
use crate::code::{Code, Conversion, Dispatch, FuncCode, HostCall, Literal, TypeTest};
use crate::ins::Form;
use rustc_hash::FxHashMap;
use shape_abi::{FnDecl, ModuleDecl};
use shape_check::program::{self, HostRef, Program};
use shape_check::{DefId, Repr, Ty, TyKind};
use shape_value::{EnumVariant, Shape};
use std::rc::Rc;
use std::sync::Arc;

pub(super) struct Tables<'p> {
    pub(super) program: &'p Program,
    pub(super) host: &'p [ModuleDecl],
    pub(super) abis: &'p [Abi],
    /// For each [`SigId`](shape_check::program::SigId), the form of the result that its calls want.
    pub(super) dynamic_results: Vec<Option<Repr>>,
    /// Whether values of any type are plain data, because the program calls no host function that
    /// makes resources.
    pub(super) plain: bool,
    /// By top-level variable: whether a function assigns to it, other than the top level itself.
    assigned_by_functions: Vec<bool>,
    consts: Vec<u64>,
    const_index: FxHashMap<u64, u32>,
    literals: Vec<Literal>,
    literal_index: FxHashMap<LiteralKey, u32>,
    hosts: Vec<HostCall>,
    shapes: Vec<Arc<Shape>>,
    shape_index: FxHashMap<Ty, usize>,
    variants: Vec<Arc<EnumVariant>>,
    variant_index: FxHashMap<(DefId, u32), usize>,
    conversions: Vec<Conversion>,
    conversion_index: FxHashMap<*const program::Conversion, u32>,
    tests: Vec<TypeTest>,
    test_index: FxHashMap<Ty, usize>,
}

#[derive(PartialEq, Eq, Hash)]
enum LiteralKey {
    Str(Rc<str>),
    Scalar(Repr, u64),
    Variant(DefId, u32),
    Text(String),
}

impl<'p> Tables<'p> {
    pub(super) fn new(program: &'p Program, host: &'p [ModuleDecl], abis: &'p [Abi]) -> Self {
        Self {
            program,
            host,
            abis,
            dynamic_results: vec![None; program.dispatch.len()],
            plain: super::walk::calls_no_resource_maker(program, host),
            assigned_by_functions: super::walk::assigned_by_functions(program),
            consts: Vec::new(),
            const_index: FxHashMap::default(),
            literals: Vec::new(),
            literal_index: FxHashMap::default(),
            hosts: Vec::new(),
            shapes: Vec::new(),
            shape_index: FxHashMap::default(),
            variants: Vec::new(),
            variant_index: FxHashMap::default(),
            conversions: Vec::new(),
            conversion_index: FxHashMap::default(),
            tests: Vec::new(),
            test_index: FxHashMap::default(),
        }
    }

    pub(super) fn finish(self, funcs: Vec<FuncCode>, dispatch: Vec<Dispatch>) -> Code {
        let globals = self.program.globals.iter();
        let values = globals.filter(|global| self.in_values(global)).count();
        Code {
            funcs,
            entries: self.program.entries.iter().map(|id| id.0).collect(),
            consts: self.consts,
            literals: self.literals,
            hosts: self.hosts,
            dispatch,
            shapes: self.shapes,
            variants: self.variants,
            conversions: self.conversions,
            tests: self.tests,
            type_args: self.program.type_args.iter().cloned().collect(),
            globals: (self.program.globals.len() - values, values),
        }
    }

    pub(super) fn repr(&self, ty: Ty) -> Repr {
        self.program.types.repr(ty)
    }

    pub(super) fn kind(&self, ty: Ty) -> &'p TyKind {
        self.program.types.kind(ty)
    }

    /// The declaration of a host function.
    pub(super) fn decl(&self, host: HostRef) -> Option<(&'p ModuleDecl, &'p FnDecl)> {
        let module = self.host.get(host.module as usize)?;
        Some((module, module.fns.get(host.func as usize)?))
    }

    /// The place of a top-level variable in its bank.
    pub(super) fn global(&self, id: program::GlobalId) -> (Repr, u32) {
        let globals = &self.program.globals;
        let Some(global) = globals.get(id.0 as usize) else {
            return (Repr::Unit, u32::MAX);
        };
        let bank = self.in_values(global);
        let before = &globals[..id.0 as usize];
        let index = before
            .iter()
            .filter(|other| self.in_values(other) == bank)
            .count();
        (self.repr(global.ty), index32(index))
    }

    /// Whether a top-level variable is a value, or in a cell, which is one.
    fn in_values(&self, global: &program::Variable) -> bool {
        global.boxed || self.repr(global.ty) == Repr::Value
    }

    /// Whether a top-level variable is in a cell.
    pub(super) fn is_boxed(&self, id: program::GlobalId) -> bool {
        let global = self.program.globals.get(id.0 as usize);
        global.is_some_and(|global| global.boxed)
    }

    /// Whether a call may change a top-level variable while the top level runs.
    pub(super) fn calls_change(&self, id: program::GlobalId) -> bool {
        self.assigned_by_functions
            .get(id.0 as usize)
            .copied()
            .unwrap_or(true)
    }

    pub(super) fn constant(&mut self, bits: u64) -> u32 {
        *self.const_index.entry(bits).or_insert_with(|| {
            self.consts.push(bits);
            index32(self.consts.len() - 1)
        })
    }

    fn literal(&mut self, key: LiteralKey, literal: impl FnOnce() -> Literal) -> u32 {
        *self.literal_index.entry(key).or_insert_with(|| {
            self.literals.push(literal());
            index32(self.literals.len() - 1)
        })
    }

    pub(super) fn string(&mut self, text: &Rc<str>) -> u32 {
        self.literal(LiteralKey::Str(text.clone()), || {
            Literal::Str((**text).into())
        })
    }

    /// A text of the compiler's own.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        self.literal(LiteralKey::Text(text.to_owned()), || {
            Literal::Str(text.into())
        })
    }

    /// A boxed scalar.
    pub(super) fn scalar(&mut self, repr: Repr, bits: u64) -> u32 {
        self.literal(LiteralKey::Scalar(repr, bits), || match repr {
            Repr::Int => Literal::Int(bits.cast_signed()),
            Repr::Number => Literal::Number(f64::from_bits(bits)),
            Repr::Bool => Literal::Bool(bits != 0),
            Repr::Char => Literal::Char(
                u32::try_from(bits)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or_default(),
            ),
            Repr::Duration => Literal::Duration(bits.cast_signed()),
            Repr::Unit | Repr::Value => Literal::Unit,
        })
    }

    /// Whether each value of an enum is made anew.
    pub(super) fn is_ending(&self, def: DefId) -> bool {
        self.program.types.ending.contains(&def)
    }

    /// A variant without payload.
    pub(super) fn bare_variant(&mut self, def: DefId, index: u32) -> u32 {
        let variant = self.variant(def, index);
        let variant = self.variants[variant].clone();
        self.literal(LiteralKey::Variant(def, index), || {
            Literal::Variant(variant)
        })
    }

    pub(super) fn variant(&mut self, def: DefId, index: u32) -> usize {
        if let Some(&known) = self.variant_index.get(&(def, index)) {
            return known;
        }
        self.variants
            .push(types::variant(&self.program.types, def, index));
        self.variant_index
            .insert((def, index), self.variants.len() - 1);
        self.variants.len() - 1
    }

    pub(super) fn shape(&mut self, ty: Ty) -> usize {
        if let Some(&known) = self.shape_index.get(&ty) {
            return known;
        }
        self.shapes.push(types::shape(&self.program.types, ty));
        self.shape_index.insert(ty, self.shapes.len() - 1);
        self.shapes.len() - 1
    }

    pub(super) fn test(&mut self, ty: Ty) -> usize {
        if let Some(&known) = self.test_index.get(&ty) {
            return known;
        }
        self.tests.push(types::test(&self.program.types, ty));
        self.test_index.insert(ty, self.tests.len() - 1);
        self.tests.len() - 1
    }

    pub(super) fn conversion(&mut self, conversion: &'p Rc<program::Conversion>) -> u32 {
        let key = Rc::as_ptr(conversion);
        if let Some(&known) = self.conversion_index.get(&key) {
            return known;
        }
        let made = types::conversion(&self.program.types, conversion);
        self.conversions.push(made);
        let index = index32(self.conversions.len() - 1);
        self.conversion_index.insert(key, index);
        index
    }

    pub(super) fn host_call(&mut self, host: HostRef) -> u32 {
        let known = |call: &HostCall| (call.module, call.func) == (host.module, host.func);
        if let Some(index) = self.hosts.iter().position(known) {
            return index32(index);
        }
        let name = self.decl(host).map_or_else(
            || "?".to_owned(),
            |(module, decl)| format!("{}.{}", module.name, decl.name),
        );
        self.hosts.push(HostCall {
            module: host.module,
            func: host.func,
            name: name.into(),
        });
        index32(self.hosts.len() - 1)
    }

    /// The form of an array whose type is `ty`.
    pub(super) fn form(&self, ty: Ty) -> Form {
        match self.kind(ty) {
            TyKind::Array(element) => types::form(&self.program.types, *element),
            _ => Form::Values,
        }
    }
}

/// Tables stay far below four billion entries, since each stems from a piece of source text.
pub(super) fn index32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
