//! Declared record types, enums and aliases.

use crate::checker::Checker;
use crate::modules::{Item, ModuleId};
use crate::types::{Def, DefField, DefId, DefKind, Ty, TyKind, Variant};
use shape_abi::{Const, RecordTy};
use shape_syntax::ast::{EnumDecl, Expr, FieldDecl, Ident, TypeDecl, TypeDeclKind, VariantKind};
use std::rc::Rc;

/// A declared record type or enum, beside what [`Def`] says of it.
#[derive(Clone, Debug)]
pub(crate) struct DefInfo {
    pub(crate) module: ModuleId,
    pub(crate) source: DefSource,
    /// Fields of the record, or of each variant in order; `None` until first asked for.
    pub(crate) fields: Option<Rc<[Rc<[FieldInfo]>]>>,
}

/// Where a definition stands.
#[derive(Clone, Debug)]
pub(crate) enum DefSource {
    Struct(Rc<TypeDecl>),
    Enum(Rc<EnumDecl>),
    /// Declared by the host; the fields are there from the start.
    Host,
}

/// A field of a record type or of a variant.
#[derive(Clone, Debug)]
pub(crate) struct FieldInfo {
    pub(crate) name: Rc<str>,
    /// The type, with `Param`s for the type parameters.
    pub(crate) ty: Ty,
    pub(crate) default: FieldDefault,
}

/// What a literal without the field gets.
#[derive(Clone, Debug)]
pub(crate) enum FieldDefault {
    /// It must be written.
    Required,
    /// `None`.
    None,
    /// The default that the declaration gives.
    Expr(Rc<Expr>),
    /// A constant of the host.
    Const(Const),
}

/// `type Name<T> = …`.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) decl: Rc<TypeDecl>,
    pub(crate) module: ModuleId,
    /// The type arguments for which it is being looked at, each with the type that stands for it
    /// where it has named itself.
    pub(crate) open: Vec<(Rc<[Ty]>, Option<Ty>)>,
    /// What it is, by type arguments.
    pub(crate) made: Vec<(Rc<[Ty]>, Ty)>,
    /// Whether anything has named it.
    pub(crate) used: bool,
}

impl Checker<'_> {
    pub(crate) fn new_type(&mut self, decl: &Rc<TypeDecl>, module: ModuleId) -> Item {
        let decl = Rc::clone(decl);
        let TypeDeclKind::Record(fields) = &decl.kind else {
            self.aliases.push(Alias {
                decl,
                module,
                open: Vec::new(),
                made: Vec::new(),
                used: false,
            });
            return Item::Alias(self.aliases.len() - 1);
        };
        self.no_name_twice(fields.iter().map(|f| &f.name));
        let names = fields.iter().map(|f| DefField {
            name: Rc::clone(&f.name.name),
            default: None,
        });
        let kind = DefKind::Struct(names.collect());
        Item::Def(self.new_def(
            &decl.name,
            decl.generics.len(),
            kind,
            module,
            DefSource::Struct(Rc::clone(&decl)),
        ))
    }

    pub(crate) fn new_enum(&mut self, decl: &Rc<EnumDecl>, module: ModuleId) -> Item {
        self.no_name_twice(decl.variants.iter().map(|v| &v.name));
        let variants = decl.variants.iter().map(|variant| {
            let (fields, arity) = match &variant.kind {
                VariantKind::Unit | VariantKind::Value(_) => (None, 0),
                VariantKind::Tuple(items) => (None, items.len()),
                VariantKind::Record(fields) => {
                    let names = fields.iter().map(|f| Rc::clone(&f.name.name));
                    (Some(names.collect()), fields.len())
                }
            };
            Variant {
                name: Rc::clone(&variant.name.name),
                fields,
                arity: u32::try_from(arity).unwrap_or(u32::MAX),
            }
        });
        let kind = DefKind::Enum(variants.collect());
        Item::Def(self.new_def(
            &decl.name,
            decl.generics.len(),
            kind,
            module,
            DefSource::Enum(Rc::clone(decl)),
        ))
    }

    /// Looks up the types that declarations name, also where nothing has used them.
    pub(crate) fn check_unused_types(&mut self) {
        let mut index = 0;
        while index < self.defs.len() {
            let def = DefId(u32::try_from(index).unwrap_or(u32::MAX));
            self.fields_of(def, 0);
            let fields = self.defs[index].fields.clone().unwrap_or_default();
            let module = self.defs[index].module;
            let is_generic = self.types.def(def).generics > 0;
            for field in fields.iter().flat_map(|fields| fields.iter()) {
                if let (FieldDefault::Expr(default), false) = (&field.default, is_generic) {
                    self.field_default(module, default, field.ty);
                }
            }
            index += 1;
        }
        for alias in self.aliases.clone() {
            if let (TypeDeclKind::Alias(ty), false) = (&alias.decl.kind, alias.used) {
                self.in_declaration(alias.module, &alias.decl.generics, |this| {
                    this.type_expr(ty)
                });
            }
        }
    }

    /// Reports names that stand twice in one list.
    pub(crate) fn no_name_twice<'n>(&mut self, names: impl Iterator<Item = &'n Ident>) {
        let mut seen: Vec<&Ident> = Vec::new();
        for name in names {
            if let Some(first) = seen.iter().find(|other| other.name == name.name) {
                self.report(
                    shape_syntax::Diagnostic::error(
                        "E0106",
                        name.span,
                        format!("`{}` is defined twice", name.name),
                    )
                    .related(first.span, "first defined here"),
                );
            }
            seen.push(name);
        }
    }

    fn new_def(
        &mut self,
        name: &Ident,
        generics: usize,
        kind: DefKind,
        module: ModuleId,
        source: DefSource,
    ) -> DefId {
        let id = DefId(u32::try_from(self.types.defs.len()).unwrap_or(u32::MAX));
        let generics = u32::try_from(generics).unwrap_or(u32::MAX);
        self.types.defs.push(Def {
            name: Rc::clone(&name.name),
            generics,
            kind,
        });
        self.defs.push(DefInfo {
            module,
            source,
            fields: None,
        });
        id
    }

    /// The record type that the host declares, one for each name.
    pub(crate) fn host_record(&mut self, record: &RecordTy) -> Ty {
        let name = record.name.as_deref().unwrap_or("record");
        if let Some(&def) = self.host_defs.get(name) {
            return self.types.intern(TyKind::Struct(def, [].into()));
        }
        let id = DefId(u32::try_from(self.types.defs.len()).unwrap_or(u32::MAX));
        self.host_defs.insert(name.to_owned(), id);
        let fields = record.fields.iter().map(|f| DefField {
            name: (&*f.name).into(),
            default: f.default.clone(),
        });
        let kind = DefKind::Struct(fields.collect());
        self.types.defs.push(Def {
            name: name.into(),
            generics: 0,
            kind,
        });
        self.defs.push(DefInfo {
            module: 0,
            source: DefSource::Host,
            fields: None,
        });
        let infos: Rc<[FieldInfo]> = record
            .fields
            .iter()
            .map(|f| FieldInfo {
                name: (&*f.name).into(),
                ty: self.import_ty(&f.ty, &[]),
                default: match &f.default {
                    None => FieldDefault::Required,
                    Some(constant) => FieldDefault::Const(constant.clone()),
                },
            })
            .collect();
        self.defs[id.0 as usize].fields = Some([infos].into());
        self.types.intern(TyKind::Struct(id, [].into()))
    }

    /// The fields of a record type (variant 0) or of a variant, with `Param`s in their types.
    pub(crate) fn fields_of(&mut self, def: DefId, variant: u32) -> Rc<[FieldInfo]> {
        if self.defs[def.0 as usize].fields.is_none() {
            let info = self.defs[def.0 as usize].clone();
            let fields = match &info.source {
                DefSource::Struct(decl) => self.struct_fields(decl, info.module),
                DefSource::Enum(decl) => self.enum_fields(decl, info.module),
                DefSource::Host => [].into(),
            };
            self.defs[def.0 as usize].fields = Some(fields);
        }
        let all = self.defs[def.0 as usize].fields.as_ref();
        all.and_then(|all| all.get(variant as usize))
            .cloned()
            .unwrap_or_else(|| [].into())
    }

    fn struct_fields(&mut self, decl: &Rc<TypeDecl>, module: ModuleId) -> Rc<[Rc<[FieldInfo]>]> {
        let TypeDeclKind::Record(fields) = &decl.kind else {
            return [].into();
        };
        self.in_declaration(module, &decl.generics, |this| {
            let infos = fields.iter().map(|field| this.field_info(field));
            [infos.collect()].into()
        })
    }

    fn enum_fields(&mut self, decl: &Rc<EnumDecl>, module: ModuleId) -> Rc<[Rc<[FieldInfo]>]> {
        self.in_declaration(module, &decl.generics, |this| {
            let variants = decl.variants.iter().map(|variant| -> Rc<[FieldInfo]> {
                match &variant.kind {
                    VariantKind::Unit | VariantKind::Value(_) => [].into(),
                    VariantKind::Tuple(items) => items
                        .iter()
                        .map(|ty| FieldInfo {
                            name: "".into(),
                            ty: this.type_expr(ty),
                            default: FieldDefault::Required,
                        })
                        .collect(),
                    VariantKind::Record(fields) => {
                        fields.iter().map(|field| this.field_info(field)).collect()
                    }
                }
            });
            variants.collect()
        })
    }

    fn field_info(&mut self, field: &FieldDecl) -> FieldInfo {
        let default = match (&field.default, field.optional) {
            (Some(default), _) => FieldDefault::Expr(Rc::new(default.clone())),
            (None, true) => FieldDefault::None,
            (None, false) => FieldDefault::Required,
        };
        FieldInfo {
            name: Rc::clone(&field.name.name),
            ty: self.field_ty(field),
            default,
        }
    }

    /// The type of a field; of an optional one, the option.
    pub(crate) fn field_ty(&mut self, field: &FieldDecl) -> Ty {
        let ty = self.type_expr(&field.ty);
        if field.optional { self.option(ty) } else { ty }
    }

    /// Runs `f` where the names of a declaration mean what they mean there.
    pub(crate) fn in_declaration<R>(
        &mut self,
        module: ModuleId,
        generics: &[Ident],
        f: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let params = (0u32..)
            .zip(generics)
            .map(|(i, name)| (Rc::clone(&name.name), i));
        let generics: Vec<_> = params
            .map(|(name, i)| (name, self.types.intern(TyKind::Param(i))))
            .collect();
        let outer_generics = std::mem::replace(&mut self.body.generics, generics);
        let outer_module = std::mem::replace(&mut self.body.module, module);
        let result = f(self);
        self.body.module = outer_module;
        self.body.generics = outer_generics;
        result
    }
}
