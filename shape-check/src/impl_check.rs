//! Whether an `impl` fits its trait, and goes together with others.

use crate::checker::Checker;
use crate::suggest::nearest;
use crate::traits::{ImplId, ImplInfo, TraitInfo};
use crate::types::Ty;
use shape_syntax::Diagnostic;
use shape_syntax::ast::{MethodDecl, PatKind};
use std::rc::Rc;

impl Checker<'_> {
    pub(crate) fn check_impl(&mut self, imp: ImplId) {
        let info = self.traits.impls[imp].clone();
        self.check_twice(imp, &info);
        let Some((of, args)) = &info.of else {
            return;
        };
        let owner = self.traits.list[*of as usize].clone();
        let name = Rc::clone(&owner.decl.name.name);
        let shown = self.show(info.target);
        let mut meant: Vec<Rc<str>> = Vec::new();
        for method in &info.decl.methods {
            let wanted = owner.decl.methods.iter();
            match wanted
                .clone()
                .find(|m| m.decl.name.name == method.decl.name.name)
            {
                Some(wanted) => self.check_signature(imp, &info, &owner, wanted, method),
                None => {
                    let ident = &method.decl.name;
                    let message = format!("trait `{name}` has no method `{}`", ident.name);
                    let names = wanted.map(|m| &*m.decl.name.name);
                    let mut diagnostic = Diagnostic::error("E0703", ident.span, message);
                    diagnostic.help = Some(match nearest(&ident.name, names) {
                        Some(near) => {
                            meant.push(near.into());
                            format!("there is `{near}`")
                        }
                        None => format!("put it into `extend {shown} {{ … }}`"),
                    });
                    self.report(diagnostic);
                }
            }
        }
        let lacking: Vec<&str> = owner
            .decl
            .methods
            .iter()
            .filter(|m| !info.methods.contains_key(&m.decl.name.name))
            .filter(|m| !meant.contains(&m.decl.name.name))
            .map(|m| &*m.decl.name.name)
            .collect();
        if !lacking.is_empty() {
            let message = format!(
                "`{shown}` lacks {} of trait `{name}`",
                names_of_methods(&lacking)
            );
            let mut diagnostic = Diagnostic::error("E0702", info.decl.head, message)
                .help(format!("add `method {}(…) {{ … }}`", lacking[0]));
            if !owner.built_in {
                diagnostic = diagnostic.related(owner.decl.name.span, "the trait is declared here");
            }
            self.report(diagnostic);
        }
        for (above, above_args) in owner.supers.iter() {
            let above_args: Vec<Ty> = above_args
                .iter()
                .map(|ty| self.substitute(*ty, args))
                .collect();
            if !self.has_trait(info.target, *above, &above_args) {
                let above = Rc::clone(&self.traits.list[*above as usize].decl.name.name);
                let message = format!("`{shown}` lacks trait `{above}`, which `{name}` needs");
                self.report(
                    Diagnostic::error("E0706", info.decl.head, message)
                        .help(format!("add `impl {above} for {shown} {{ … }}`")),
                );
            }
        }
    }

    fn check_signature(
        &mut self,
        imp: ImplId,
        info: &ImplInfo,
        owner: &TraitInfo,
        wanted: &MethodDecl,
        method: &MethodDecl,
    ) {
        let name = &method.decl.name;
        let differ = |this: &mut Self, what: String| {
            let message = format!(
                "`{}` differs from trait `{}`: {what}",
                name.name, owner.decl.name.name
            );
            let mut diagnostic = Diagnostic::error("E0704", name.span, message);
            if !owner.built_in {
                diagnostic = diagnostic.related(wanted.decl.name.span, "as the trait has it");
            }
            this.report(diagnostic);
        };
        if wanted.receiver != method.receiver {
            let what = match wanted.receiver {
                true => "it is a method there, and needs `self`",
                false => "it is a function without `self` there",
            };
            return differ(self, what.to_owned());
        }
        let skip = usize::from(wanted.receiver);
        let (have, want) = (
            method.decl.params.len() - skip,
            wanted.decl.params.len() - skip,
        );
        if have != want {
            let s = if want == 1 { "" } else { "s" };
            return differ(
                self,
                format!("it takes {want} argument{s} there, and {have} here"),
            );
        }
        if !method.decl.generics.is_empty() || !wanted.decl.generics.is_empty() {
            return;
        }
        let env = [("Self".into(), info.target)];
        let Some((theirs, their_ret)) = self.trait_types(imp, &name.name, &env) else {
            return;
        };
        let (ours, our_ret) =
            self.signature_types(method, info.module, &info.generics, info.target);
        let pairs = theirs.into_iter().zip(ours).zip(&method.decl.params);
        for ((theirs, ours), param) in pairs {
            if let (Some(theirs), Some(ours)) = (theirs, ours)
                && !self.unify(theirs, ours)
            {
                let (a, b) = (self.show(theirs), self.show(ours));
                let param = match &param.pat.kind {
                    PatKind::Bind(name, _) => format!("`{}`", name.name),
                    _ => "a parameter".to_owned(),
                };
                return differ(self, format!("{param} is a `{a}` there, and a `{b}` here"));
            }
        }
        if let (Some(theirs), Some(ours)) = (their_ret, our_ret)
            && !self.unify(theirs, ours)
        {
            let (a, b) = (self.show(theirs), self.show(ours));
            differ(self, format!("it gives a `{a}` there, and a `{b}` here"));
        }
    }

    /// Reports a trait that a type has already, and methods that it has already.
    fn check_twice(&mut self, imp: ImplId, info: &ImplInfo) {
        let own: Vec<ImplId> = match &info.of {
            Some((of, _)) => self.traits.by_trait.get(of).cloned().unwrap_or_default(),
            None => {
                let names = info.decl.methods.iter();
                let known = names.filter_map(|m| self.traits.by_name.get(&m.decl.name.name));
                known.flatten().copied().collect()
            }
        };
        for other in own.into_iter().filter(|other| *other < imp) {
            let first = self.traits.impls[other].clone();
            if first.of.is_some() != info.of.is_some() || !self.overlap(info, &first) {
                continue;
            }
            let shown = self.show(info.target);
            if let Some((of, _)) = &info.of {
                let name = &self.traits.list[*of as usize].decl.name.name;
                let message = format!("`{shown}` has trait `{name}` twice");
                self.report(
                    Diagnostic::error("E0705", info.decl.head, message)
                        .related(first.decl.head, "first implemented here")
                        .help("remove one of the two"),
                );
                return;
            }
            for method in &info.decl.methods {
                let name = &method.decl.name;
                let mut firsts = first.decl.methods.iter();
                if let Some(first) = firsts.find(|m| m.decl.name.name == name.name) {
                    let message = format!("method `{}` of `{shown}` is defined twice", name.name);
                    self.report(
                        Diagnostic::error("E0106", name.span, message)
                            .related(first.decl.name.span, "first defined here"),
                    );
                }
            }
        }
    }

    /// Whether some type is the target of both.
    fn overlap(&mut self, a: &ImplInfo, b: &ImplInfo) -> bool {
        let (x, y) = (self.opened(a), self.opened(b));
        x.len() != y.len() || x.iter().zip(&y).all(|(x, y)| self.unify(*x, *y))
    }

    /// Target and trait arguments with variables for the type parameters.
    fn opened(&mut self, info: &ImplInfo) -> Vec<Ty> {
        let vars: Vec<Ty> = (0..info.params).map(|_| self.fresh()).collect();
        let args = info.of.iter().flat_map(|(_, args)| args.iter().copied());
        let all: Vec<Ty> = std::iter::once(info.target).chain(args).collect();
        all.into_iter()
            .map(|ty| self.substitute(ty, &vars))
            .collect()
    }
}

/// `a`, or `a` and `b`.
fn names_of_methods(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [one] => format!("method {one}"),
        [all @ .., last] => format!("methods {} and {last}", all.join(", ")),
        [] => String::new(),
    }
}
