//! Whether the arms of a match cover every value of a closed type.
//!
//! The usual matrix algorithm (Maranget, *Warnings for pattern matching*, 2007): columns are values
//! still to be looked at, rows are arms. Types with endlessly many values (`int`, `string`, arrays,
//! `Json`) are open: what their patterns leave out is found at run time.

use crate::checker::Checker;
use crate::program::{Arm, ExprKind, Pat, PatKind};
use crate::types::{DefKind, Ty, TyKind};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// A pattern as this page sees it.
#[derive(Clone, Debug)]
enum Shape {
    Any,
    /// One of the ways to make a value of the type, by number, with its parts.
    Made(u32, Vec<Shape>),
    Or(Vec<Shape>),
}

/// A way to make a value: how it is written, and the types of its parts.
struct Constructor {
    text: String,
    parts: Vec<Ty>,
    /// Whether leaving it out is fine, as `None` of a look-up is.
    optional: bool,
}

/// Columns beyond this are taken as covered, so that no program can stall the checker.
const MAX_STEPS: u32 = 20_000;

impl Checker<'_> {
    pub(crate) fn check_exhaustive(&mut self, scrutinee: Ty, arms: &[Arm], span: Span) {
        let plain = arms.iter().filter(|arm| arm.guard.is_none());
        let rows: Vec<Vec<Shape>> = plain
            .map(|arm| vec![self.shape(&arm.pat, scrutinee)])
            .collect();
        let mut steps = 0;
        if let Some(missing) = self.missing(&[scrutinee], &rows, &mut steps) {
            let case = missing.first().map_or("_", String::as_str).to_owned();
            self.report(
                Diagnostic::error(
                    "E0301",
                    span,
                    format!("no match arm matched the value: `{case}` is not covered"),
                )
                .help(format!(
                    "add an arm `{case} => …`, or `_ => …` for all the rest"
                )),
            );
        }
    }

    /// The ways to make a value of `ty`; `None` for an open type.
    fn constructors(&mut self, ty: Ty) -> Option<Vec<Constructor>> {
        let one = |text: &str, parts: Vec<Ty>| Constructor {
            text: text.to_owned(),
            parts,
            optional: false,
        };
        Some(match self.kind(ty) {
            TyKind::Bool => vec![one("false", vec![]), one("true", vec![])],
            TyKind::Option(inner) => vec![one("None", vec![]), one("", vec![inner])],
            TyKind::Maybe(inner) => vec![
                Constructor {
                    optional: true,
                    ..one("None", vec![])
                },
                one("", vec![inner]),
            ],
            TyKind::Result(ok, err) => vec![one("Ok", vec![ok]), one("Err", vec![err])],
            TyKind::Union(members) => members
                .iter()
                .map(|m| one(&format!("_: {}", self.show(*m)), vec![*m]))
                .collect(),
            TyKind::Tuple(items) => vec![one("[]", items.to_vec())],
            TyKind::Struct(..) | TyKind::Object(_) => {
                let fields = self.record_fields(ty).unwrap_or_default();
                vec![one("{}", fields.iter().map(|f| f.ty).collect())]
            }
            TyKind::Enum(def, args) => {
                let definition = self.types.def(def).clone();
                let DefKind::Enum(variants) = &definition.kind else {
                    return None;
                };
                let all = (0u32..).zip(variants).map(|(at, variant)| {
                    let infos = self.fields_of(def, at);
                    let parts = infos
                        .iter()
                        .map(|info| self.substitute(info.ty, &args))
                        .collect();
                    one(&format!("{}::{}", definition.name, variant.name), parts)
                });
                all.collect()
            }
            _ => return None,
        })
    }

    fn shape(&mut self, pat: &Pat, ty: Ty) -> Shape {
        match &pat.kind {
            PatKind::Wild | PatKind::Bind(_) | PatKind::Range(..) | PatKind::Array(..) => {
                Shape::Any
            }
            PatKind::At(_, inner) => self.shape(inner, ty),
            PatKind::Lit(value) => match value.kind {
                ExprKind::Bool(b) if self.shallow(ty) == Ty::BOOL => {
                    Shape::Made(u32::from(b), Vec::new())
                }
                _ => match self.kind(ty) {
                    // A literal of a union covers its member as far as that can be known.
                    TyKind::Union(members) => {
                        let at = members.iter().position(|m| *m == value.ty);
                        at.map_or(Shape::Any, |at| made(at, vec![Shape::Any]))
                    }
                    TyKind::Option(_) | TyKind::Maybe(_) => Shape::Made(1, vec![Shape::Any]),
                    _ => Shape::Any,
                },
            },
            PatKind::None => match self.kind(ty) {
                TyKind::Option(_) | TyKind::Maybe(_) => Shape::Made(0, Vec::new()),
                _ => Shape::Any,
            },
            PatKind::Some(inner) => match self.kind(ty) {
                TyKind::Option(t) | TyKind::Maybe(t) => Shape::Made(1, vec![self.shape(inner, t)]),
                _ => self.shape(inner, ty),
            },
            PatKind::Ok(inner) | PatKind::Err(inner) => {
                let TyKind::Result(ok, err) = self.kind(ty) else {
                    return Shape::Any;
                };
                let is_err = matches!(pat.kind, PatKind::Err(_));
                let part = if is_err { err } else { ok };
                Shape::Made(u32::from(is_err), vec![self.shape(inner, part)])
            }
            PatKind::Variant(at, payload) => {
                let parts = self
                    .constructors(ty)
                    .map(|all| all.get(*at as usize).map(|c| c.parts.clone()));
                let parts = parts.flatten().unwrap_or_default();
                // A pattern with too few or too many parts has been reported.
                let mut inner = vec![Shape::Any; parts.len()];
                for ((slot, p), ty) in inner.iter_mut().zip(payload).zip(parts) {
                    *slot = self.shape(p, ty);
                }
                Shape::Made(*at, inner)
            }
            PatKind::Fields(fields) => {
                let parts = self
                    .constructors(ty)
                    .and_then(|mut all| all.pop())
                    .map(|c| c.parts)
                    .unwrap_or_default();
                let mut inner = vec![Shape::Any; parts.len()];
                for (at, p) in fields {
                    if let Some(slot) = parts.get(*at as usize) {
                        inner[*at as usize] = self.shape(p, *slot);
                    }
                }
                Shape::Made(0, inner)
            }
            PatKind::Is(wanted, inner) => {
                let TyKind::Union(members) = self.kind(ty) else {
                    return Shape::Any;
                };
                let part = self.shape(inner, *wanted);
                let wanted: Rc<[Ty]> = match self.kind(*wanted) {
                    TyKind::Union(some) => some,
                    _ => [*wanted].into(),
                };
                let each = members
                    .iter()
                    .enumerate()
                    .filter(|(_, m)| wanted.contains(m));
                Shape::Or(each.map(|(at, _)| made(at, vec![part.clone()])).collect())
            }
            PatKind::Or(items) => Shape::Or(items.iter().map(|p| self.shape(p, ty)).collect()),
        }
    }

    /// A row of values that no row matches, as text.
    fn missing(
        &mut self,
        types: &[Ty],
        rows: &[Vec<Shape>],
        steps: &mut u32,
    ) -> Option<Vec<String>> {
        *steps += 1;
        if *steps > MAX_STEPS {
            return None;
        }
        let Some((&ty, rest)) = types.split_first() else {
            return rows.is_empty().then(Vec::new);
        };
        let rows = without_or(rows);
        let constructors = match self.constructors(ty) {
            Some(all)
                if rows.is_empty() || rows.iter().any(|row| matches!(row[0], Shape::Made(..))) =>
            {
                all
            }
            Some(_) => return self.missing_rest(rest, &rows, steps),
            None if rows.is_empty() => return None,
            None => return self.missing_rest(rest, &rows, steps),
        };
        for (at, constructor) in (0u32..).zip(constructors) {
            if constructor.optional {
                continue;
            }
            let count = constructor.parts.len();
            let inner: Vec<Ty> = constructor.parts.iter().chain(rest).copied().collect();
            let matching: Vec<Vec<Shape>> = rows
                .iter()
                .filter_map(|row| match &row[0] {
                    Shape::Any => Some(vec![Shape::Any; count]),
                    Shape::Made(own, parts) if *own == at => Some(parts.clone()),
                    _ => None,
                })
                .zip(
                    rows.iter()
                        .filter(|row| !matches!(&row[0], Shape::Made(own, _) if *own != at)),
                )
                .map(|(parts, row)| parts.into_iter().chain(row[1..].iter().cloned()).collect())
                .collect();
            // A whole constructor that no arm mentions is missing, whatever its parts are.
            let found = if matching.is_empty() {
                Some(vec!["_".to_owned(); inner.len()])
            } else {
                self.missing(&inner, &matching, steps)
            };
            if let Some(mut parts) = found {
                let tail = parts.split_off(count);
                let mut case = vec![written(&constructor.text, &parts)];
                case.extend(tail);
                return Some(case);
            }
        }
        None
    }

    fn missing_rest(
        &mut self,
        rest: &[Ty],
        rows: &[Vec<Shape>],
        steps: &mut u32,
    ) -> Option<Vec<String>> {
        let tails: Vec<Vec<Shape>> = rows.iter().map(|row| row[1..].to_vec()).collect();
        let mut case = vec!["_".to_owned()];
        case.extend(self.missing(rest, &tails, steps)?);
        Some(case)
    }
}

fn made(at: usize, parts: Vec<Shape>) -> Shape {
    Shape::Made(u32::try_from(at).unwrap_or(u32::MAX), parts)
}

fn without_or(rows: &[Vec<Shape>]) -> Vec<Vec<Shape>> {
    let mut flat = Vec::new();
    for row in rows {
        match &row[0] {
            Shape::Or(items) => {
                let each: Vec<Vec<Shape>> = items
                    .iter()
                    .map(|item| {
                        std::iter::once(item.clone())
                            .chain(row[1..].iter().cloned())
                            .collect()
                    })
                    .collect();
                flat.extend(without_or(&each));
            }
            _ => flat.push(row.clone()),
        }
    }
    flat
}

fn written(text: &str, parts: &[String]) -> String {
    match text {
        "" => parts.join(", "),
        "[]" => format!("[{}]", parts.join(", ")),
        "{}" => "_".to_owned(),
        _ if parts.is_empty() || text.starts_with("_: ") => text.to_owned(),
        _ => format!("{text}({})", parts.join(", ")),
    }
}
