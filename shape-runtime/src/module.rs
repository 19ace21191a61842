//! Modules and the registry of all of them.

use crate::convention::{Convention, Linked, Trampoline};
use crate::default::parse_default;
use crate::typed::{MutatingFn, TypedFn};
use shape_abi::{Const, FnDecl, ModuleDecl, ParamDecl, PermissionSet, Ty};
use std::borrow::Cow;
use std::fmt;

/// What a function is called, what it needs and what it is for. Everything else is read off its Rust
/// signature.
///
/// `params` names the parameters after `cx`. `"options = {}"` gives one a default: `None`, `true`,
/// `false`, an int, a number, a text in quotes, a duration such as `2s`, `[]` or `{}`. Trailing
/// `Option`s need none; they are `None` when they are left out, but for a receiver, `self`.
#[derive(Clone, Copy, Debug)]
pub struct FnSpec<const N: usize, P> {
    /// The name inside its module, in snake_case.
    pub name: &'static str,
    /// The names of the parameters, with defaults.
    pub params: [&'static str; N],
    /// What a run must have been granted to call it: a [`Permission`](shape_abi::Permission), or a
    /// [`PermissionSet`], such as `PermissionSet::pure()` for nothing.
    pub needs: P,
    /// Its page, in Markdown.
    pub doc: &'static str,
}

/// Why a function or module cannot be registered: a mistake of the host's author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two functions of one module have one name.
    #[error("the module `{module}` has two functions called `{name}`")]
    DuplicateFn {
        /// The module.
        module: String,
        /// The function.
        name: String,
    },
    /// Two modules have one name.
    #[error("there are two modules called `{0}`")]
    DuplicateModule(String),
    /// A default that is no constant, or not one of its parameter's type.
    #[error("`{module}::{name}`: `{param}` is no default for a parameter of type {ty}")]
    BadDefault {
        /// The module.
        module: String,
        /// The function.
        name: String,
        /// The parameter as written.
        param: String,
        /// Its type.
        ty: String,
    },
    /// A parameter that a plugin cannot take.
    #[error(
        "`{module}::{name}`: `{param}` is read in a form that only a linked module can be given; \
         take text as `&str`, `Str` or `String`, arrays as `List<T>` or `Vec<T>`, maps as \
         `MapView<K, V>` or `Entries<K, V>`, JSON as `Json`"
    )]
    CannotCross {
        /// The module.
        module: String,
        /// The function.
        name: String,
        /// The parameter.
        param: String,
    },
}

/// A module of host functions, being put together.
///
/// `C` says how its functions will be called. A `register` function that is generic over it serves
/// both a host that links the module and a plugin; it gets its modules from [`Registry::module`].
pub struct Module<C: Convention = Linked> {
    decl: ModuleDecl,
    functions: Vec<C::Function>,
}

impl Module {
    /// An empty module for linked functions.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, doc: impl Into<Cow<'static, str>>) -> Self {
        Self::empty(name.into(), doc.into())
    }
}

impl<C: Convention> Module<C> {
    fn empty(name: Cow<'static, str>, doc: Cow<'static, str>) -> Self {
        Self {
            decl: ModuleDecl {
                name,
                doc,
                fns: Vec::new(),
                source: None,
            },
            functions: Vec::new(),
        }
    }

    /// Adds functions written in Shape, after those it may have already.
    pub fn source(&mut self, text: impl Into<Cow<'static, str>>) {
        self.decl.source = Some(match self.decl.source.take() {
            None => text.into(),
            Some(before) => format!("{before}\n{}", text.into()).into(),
        });
    }

    /// Adds a function: `f(cx, a, b, …)` with up to six parameters after `cx`, each of a type that
    /// implements [`FromShape`](crate::FromShape), and a result that implements
    /// [`IntoShape`](crate::IntoShape), or a Rust `Result` of such a one whose error is raised.
    ///
    /// # Errors
    /// When the module has a function of this name, a default is malformed, or a plugin's function
    /// takes a parameter that cannot cross the border.
    pub fn register_typed_fn<const N: usize, P, M, F>(
        &mut self,
        spec: FnSpec<N, P>,
        f: F,
    ) -> Result<(), RegistryError>
    where
        P: Into<PermissionSet>,
        F: TypedFn<M, N>,
    {
        let name = spec.name;
        let decl = self.declare(spec, F::params(), F::ret())?;
        let function = C::function(f, name).map_err(|place| self.cannot_cross(&decl, place))?;
        self.add(decl, function)
    }

    /// Adds a function whose first parameter, the receiver, is changed in place: `f(cx, &mut r, …)`
    /// with an `r` that implements [`Receiver`](crate::Receiver). `params` names the receiver too.
    ///
    /// # Errors
    /// As for [`register_typed_fn`](Self::register_typed_fn).
    pub fn register_mutating_fn<const N: usize, P, M, F>(
        &mut self,
        spec: FnSpec<N, P>,
        f: F,
    ) -> Result<(), RegistryError>
    where
        P: Into<PermissionSet>,
        F: MutatingFn<M, N>,
    {
        let name = spec.name;
        let mut decl = self.declare(spec, F::params(), F::ret())?;
        decl.mutates = true;
        self.register_raw(decl, f.trampoline(name))
    }

    /// Adds a function whose declaration comes from somewhere else, such as a plugin.
    ///
    /// # Errors
    /// When the module has a function of this name, or is one of a plugin.
    pub fn register_raw(
        &mut self,
        decl: FnDecl,
        trampoline: Trampoline,
    ) -> Result<(), RegistryError> {
        match C::raw(trampoline) {
            Some(function) => self.add(decl, function),
            None => Err(self.cannot_cross(&decl, 0)),
        }
    }

    fn add(&mut self, decl: FnDecl, function: C::Function) -> Result<(), RegistryError> {
        if self.decl.fns.iter().any(|f| f.name == decl.name) {
            return Err(RegistryError::DuplicateFn {
                module: self.decl.name.to_string(),
                name: decl.name.to_string(),
            });
        }
        self.decl.fns.push(decl);
        self.functions.push(function);
        Ok(())
    }

    /// What has been declared so far.
    #[must_use]
    pub fn decl(&self) -> &ModuleDecl {
        &self.decl
    }

    fn declare<const N: usize, P: Into<PermissionSet>>(
        &self,
        spec: FnSpec<N, P>,
        tys: [Ty; N],
        ret: Ty,
    ) -> Result<FnDecl, RegistryError> {
        Ok(FnDecl {
            name: Cow::Borrowed(spec.name),
            params: self.params(spec.name, &spec.params, tys)?,
            ret,
            needs: spec.needs.into(),
            mutates: false,
            doc: Cow::Borrowed(spec.doc),
        })
    }

    fn params<const N: usize>(
        &self,
        name: &str,
        params: &[&'static str; N],
        tys: [Ty; N],
    ) -> Result<Vec<ParamDecl>, RegistryError> {
        let mut decls = Vec::with_capacity(N);
        for (param, ty) in params.iter().zip(tys) {
            let (param_name, default) = match param.split_once('=') {
                None => (*param, None),
                Some((param_name, text)) => match parse_default(text.trim(), &ty) {
                    Some(default) => (param_name.trim_end(), Some(default)),
                    None => return Err(self.bad_default(name, param, &ty)),
                },
            };
            decls.push(ParamDecl {
                name: Cow::Borrowed(param_name),
                ty,
                default,
            });
        }
        for param in decls.iter_mut().rev() {
            let optional = matches!(param.ty, Ty::Option(_)) && param.name != "self";
            if param.default.is_none() && !optional {
                break;
            }
            param.default.get_or_insert(Const::None);
        }
        Ok(decls)
    }

    #[cold]
    fn cannot_cross(&self, decl: &FnDecl, place: usize) -> RegistryError {
        let param = decl.params.get(place).map(|param| param.name.to_string());
        RegistryError::CannotCross {
            module: self.decl.name.to_string(),
            name: decl.name.to_string(),
            param: param.unwrap_or_default(),
        }
    }

    #[cold]
    fn bad_default(&self, name: &str, param: &str, ty: &Ty) -> RegistryError {
        RegistryError::BadDefault {
            module: self.decl.name.to_string(),
            name: name.to_owned(),
            param: param.to_owned(),
            ty: ty.to_string(),
        }
    }
}

impl<C: Convention> fmt::Debug for Module<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.decl).finish()
    }
}

/// All modules, in order: what the checker reads, and what the VM calls. One serves any number of
/// runs on any number of threads.
pub struct Registry<C: Convention = Linked> {
    decls: Vec<ModuleDecl>,
    functions: Vec<Vec<C::Function>>,
}

impl<C: Convention> Default for Registry<C> {
    fn default() -> Self {
        Self {
            decls: Vec::new(),
            functions: Vec::new(),
        }
    }
}

impl Registry {
    /// A registry without modules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The function with this number of the module with this number, as in [`Registry::decls`].
    ///
    /// # Panics
    /// When there is no such function.
    #[must_use]
    #[inline]
    pub fn trampoline(&self, module: u32, func: u32) -> &Trampoline {
        &self.functions[module as usize][func as usize]
    }
}

impl<C: Convention> Registry<C> {
    /// An empty module, to be put together and then [added](Self::add).
    #[must_use]
    pub fn module(
        &self,
        name: impl Into<Cow<'static, str>>,
        doc: impl Into<Cow<'static, str>>,
    ) -> Module<C> {
        Module::empty(name.into(), doc.into())
    }

    /// Adds a module.
    ///
    /// # Errors
    /// When there is one of this name.
    pub fn add(&mut self, module: Module<C>) -> Result<(), RegistryError> {
        if self.decls.iter().any(|decl| decl.name == module.decl.name) {
            return Err(RegistryError::DuplicateModule(
                module.decl.name.into_owned(),
            ));
        }
        self.decls.push(module.decl);
        self.functions.push(module.functions);
        Ok(())
    }

    /// A function by its place.
    pub(crate) fn function(&self, module: u32, function: u32) -> Option<&C::Function> {
        self.functions.get(module as usize)?.get(function as usize)
    }

    /// The declarations, in the order in which the modules were added.
    #[must_use]
    pub fn decls(&self) -> &[ModuleDecl] {
        &self.decls
    }

    /// The numbers of the function of this name in the module of this name.
    #[must_use]
    pub fn find(&self, module: &str, name: &str) -> Option<(u32, u32)> {
        let m = self.decls.iter().position(|decl| decl.name == module)?;
        let f = self.decls[m]
            .fns
            .iter()
            .position(|decl| decl.name == name)?;
        Some((u32::try_from(m).ok()?, u32::try_from(f).ok()?))
    }
}

impl<C: Convention> fmt::Debug for Registry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.decls).finish()
    }
}
