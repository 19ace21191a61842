//! Types as a script would write them, for messages.

use crate::checker::Checker;
use crate::types::{Ty, TyKind};
use std::rc::Rc;

/// Types longer than this, in bytes, are cut.
const MAX_SHOWN: usize = 300;

impl Checker<'_> {
    /// `ty` as text.
    pub(crate) fn show(&self, ty: Ty) -> String {
        let mut out = String::new();
        self.show_into(ty, &mut out, 0);
        out
    }

    fn show_into(&self, ty: Ty, out: &mut String, depth: u32) {
        if depth > 12 || out.len() > MAX_SHOWN {
            out.push('…');
            return;
        }
        if let Some(name) = self.types.alias(ty) {
            out.push_str(name);
            return;
        }
        let depth = depth + 1;
        match self.kind(ty) {
            TyKind::Unit => out.push_str("()"),
            TyKind::Bool => out.push_str("bool"),
            TyKind::Int => out.push_str("int"),
            TyKind::Number => out.push_str("number"),
            TyKind::Char => out.push_str("char"),
            TyKind::Duration => out.push_str("duration"),
            TyKind::String => out.push_str("string"),
            TyKind::Bytes => out.push_str("bytes"),
            TyKind::Range => out.push_str("Range"),
            TyKind::Error => out.push_str("Error"),
            TyKind::Json => out.push_str("Json"),
            TyKind::Never => out.push_str("never"),
            TyKind::Wrong | TyKind::Var(_) | TyKind::Alias(_) => out.push('_'),
            TyKind::Array(t) => self.show_generic("Array", &[t], out, depth),
            TyKind::Set(t) => self.show_generic("Set", &[t], out, depth),
            TyKind::Map(k, v) => self.show_generic("HashMap", &[k, v], out, depth),
            TyKind::Result(t, e) if self.shallow(e) == Ty::ERROR => {
                self.show_generic("Result", &[t], out, depth);
            }
            TyKind::Result(t, e) => self.show_generic("Result", &[t, e], out, depth),
            TyKind::Tuple(items) => {
                out.push('[');
                self.show_list(&items, ", ", out, depth);
                out.push(']');
            }
            TyKind::Object(fields) => {
                out.push_str("{ ");
                for (i, field) in fields.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    out.push_str(&field.name);
                    let ty = match (field.optional, self.kind(field.ty)) {
                        (true, TyKind::Option(inner)) => inner,
                        _ => field.ty,
                    };
                    out.push_str(if field.optional { "?: " } else { ": " });
                    self.show_into(ty, out, depth);
                }
                out.push_str(if fields.is_empty() { "}" } else { " }" });
            }
            TyKind::Struct(def, args) | TyKind::Enum(def, args) => {
                let name = self.types.def(def).name.clone();
                self.show_generic(&name, &args, out, depth);
            }
            TyKind::Option(t) | TyKind::Maybe(t) => match self.kind(t) {
                TyKind::Union(_) | TyKind::Fn(..) => {
                    out.push('(');
                    self.show_into(t, out, depth);
                    out.push_str(")?");
                }
                TyKind::Var(_) => out.push_str("None"),
                _ => {
                    self.show_into(t, out, depth);
                    out.push('?');
                }
            },
            TyKind::Fn(params, ret) => {
                out.push('(');
                self.show_list(&params, ", ", out, depth);
                out.push_str(") => ");
                self.show_into(ret, out, depth);
            }
            TyKind::Ref(inner) => {
                out.push('&');
                self.show_into(inner, out, depth);
            }
            TyKind::Closure(_) | TyKind::Group(_) => out.push_str("function"),
            TyKind::Union(items) => self.show_list(&items, " | ", out, depth),
            TyKind::Dyn(id, args) => {
                let name = Rc::clone(&self.traits.list[id as usize].decl.name.name);
                out.push_str("dyn ");
                self.show_generic(&name, &args, out, depth);
            }
            TyKind::Resource(name) => out.push_str(&name),
            TyKind::Param(n) => {
                out.push_str(["T", "U", "V", "W"].get(n as usize).unwrap_or(&"X"));
            }
        }
    }

    fn show_generic(&self, name: &str, args: &[Ty], out: &mut String, depth: u32) {
        out.push_str(name);
        if !args.is_empty() {
            out.push('<');
            self.show_list(args, ", ", out, depth);
            out.push('>');
        }
    }

    fn show_list(&self, items: &[Ty], separator: &str, out: &mut String, depth: u32) {
        for (i, item) in items.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { separator });
            self.show_into(*item, out, depth);
        }
    }
}
