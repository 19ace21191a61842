//! Copying what a plugin gives into the form that its declared type has.

use super::far::{Border, Far};
use super::handle::Adopted;
use super::lent::Lent;
use crate::Raise;
use crate::marshal::{Elements, Source as _};
use shape_abi::Ty;
use shape_abi::plugin::{HandlesRef, Kind, View};
use shape_value::{Array, IoHandle, Key, Record, ResourceTable, Scalar, Shape, Str, Value};
use std::rc::Rc;
use std::sync::Arc;

/// How to copy a value of one type. What is of another type is refused: the machine relies on it.
#[derive(Debug)]
pub(super) enum Plan {
    Scalar(Scalar),
    String,
    Bytes,
    Range,
    Error,
    Json,
    Never,
    Array(Box<Plan>),
    Map(Box<(Plan, Plan)>),
    Set(Box<Plan>),
    Tuple(Vec<Plan>),
    Record(Arc<Shape>, Vec<Plan>),
    Option(Box<Plan>),
    Result(Box<(Plan, Plan)>),
    Union(Vec<Plan>),
    Resource,
}

/// What adopting a handle takes.
pub(super) struct Adopting<'a> {
    pub(super) adopted: &'a mut Adopted,
    pub(super) resources: &'a ResourceTable,
    pub(super) handles: HandlesRef,
    pub(super) plugin: u32,
}

impl Adopting<'_> {
    fn adopt(&mut self, far: Far<'_>) -> IoHandle {
        // SAFETY: what is copied came from the plugin that this is about, and is lent.
        unsafe {
            self.adopted
                .adopt(far.view(), self.plugin, self.handles, self.resources)
        }
    }
}

impl Plan {
    /// The plan for a type; `None` for one whose values cannot cross.
    pub(super) fn new(ty: &Ty) -> Option<Self> {
        let boxed = |ty: &Ty| Self::new(ty).map(Box::new);
        let both = |a: &Ty, b: &Ty| Some(Box::new((Self::new(a)?, Self::new(b)?)));
        let all = |tys: &[Ty]| tys.iter().map(Self::new).collect::<Option<Vec<_>>>();
        Some(match ty {
            Ty::Unit | Ty::Bool | Ty::Int | Ty::Number | Ty::Char | Ty::Duration => {
                Self::Scalar(Scalar::of(ty)?)
            }
            Ty::String => Self::String,
            Ty::Bytes => Self::Bytes,
            Ty::Range => Self::Range,
            Ty::Error => Self::Error,
            Ty::Json => Self::Json,
            Ty::Never => Self::Never,
            Ty::Array(item) => Self::Array(boxed(item)?),
            Ty::Map(key, value) => Self::Map(both(key, value)?),
            Ty::Set(item) => Self::Set(boxed(item)?),
            Ty::Tuple(items) => Self::Tuple(all(items)?),
            Ty::Record(ty) => {
                let names = ty.fields.iter().map(|field| &*field.name);
                let shape = Shape::new(ty.name.as_deref(), names);
                let fields = ty.fields.iter().map(|field| Self::new(&field.ty));
                Self::Record(shape, fields.collect::<Option<_>>()?)
            }
            Ty::Option(inner) | Ty::Maybe(inner) => Self::Option(boxed(inner)?),
            Ty::Result(ok, err) => Self::Result(both(ok, err)?),
            Ty::Union(members) => Self::Union(all(members)?),
            Ty::Resource(_) => Self::Resource,
            Ty::Fn(..) | Ty::Param(_) | Ty::TypeArg(_) | Ty::Enclosing(..) => return None,
        })
    }

    /// Whether an `Error` may be of this type.
    pub(super) fn takes_error(&self) -> bool {
        match self {
            Self::Error | Self::Json => true,
            Self::Option(inner) => inner.takes_error(),
            Self::Union(members) => members.iter().any(Self::takes_error),
            _ => false,
        }
    }

    /// Copies a value.
    ///
    /// # Errors
    /// Kind `internal` when it is of another type.
    #[inline(always)]
    pub(super) fn copy(&self, far: Far<'_>, adopting: &mut Adopting<'_>) -> Result<Value, Raise> {
        match self {
            // No `int` becomes a `number` here: in a union each is a member of its own.
            Self::Scalar(scalar) if far.kind() != Lent::kind_of(*scalar) => Err(mistyped(far)),
            Self::Scalar(scalar) => Ok(Value::from_bits(*scalar, far.view().bits)),
            Self::String => match far.to_str() {
                Some(text) => Ok(Value::str(text)),
                None => Err(mistyped(far)),
            },
            _ => self.copy_other(far, adopting),
        }
    }

    /// Copies a value to a place; the most frequent kinds without detours.
    ///
    /// # Errors
    /// As for [`copy`](Self::copy).
    #[inline(always)]
    pub(super) fn copy_to(
        &self,
        place: &mut Value,
        far: Far<'_>,
        adopting: &mut Adopting<'_>,
    ) -> Result<(), Raise> {
        match self {
            Self::Scalar(scalar) if far.kind() == Lent::kind_of(*scalar) => {
                place.overwrite_with(|| Value::from_bits(*scalar, far.view().bits));
            }
            Self::String if far.kind() == Kind::STRING => {
                // What is made in a register goes straight to its place.
                let text = Str::from(far.text().unwrap_or_default());
                place.overwrite_with(|| Value::str(text));
            }
            _ => {
                let value = self.copy(far, adopting)?;
                place.overwrite_with(|| value);
            }
        }
        Ok(())
    }

    fn copy_other(&self, far: Far<'_>, adopting: &mut Adopting<'_>) -> Result<Value, Raise> {
        let found = match self {
            Self::Scalar(_) | Self::String => return self.copy(far, adopting),
            Self::Bytes => far.to_bytes().map(|bytes| Value::bytes(bytes.to_vec())),
            Self::Range => far.range().map(Value::range),
            Self::Error if far.kind() == Kind::ERROR => return far.to_value(),
            Self::Json if far.kind() != Kind::HANDLE => return far.to_value(),
            Self::Error | Self::Json | Self::Never => None,
            Self::Option(_) if far.is_none() => Some(Value::None),
            Self::Option(inner) => return inner.copy(far, adopting),
            Self::Array(item) => return item.copy_array(far, adopting),
            Self::Map(plans) => match far.entries() {
                None => None,
                Some(entries) => {
                    let (key, value) = &**plans;
                    let entries = entries
                        .map(|(k, v)| Ok((Key(key.copy(k, adopting)?), value.copy(v, adopting)?)));
                    Some(Value::map(entries.collect::<Result<_, Raise>>()?))
                }
            },
            Self::Set(item) => match far.set() {
                None => None,
                Some(items) => {
                    let items = items.map(|it| item.copy(it, adopting).map(Key));
                    Some(Value::set(items.collect::<Result<_, _>>()?))
                }
            },
            Self::Tuple(plans) => match far.tuple() {
                None => None,
                Some(items) => Some(Value::tuple(copy_all(plans, items, adopting)?)),
            },
            Self::Record(shape, plans) => match far.record() {
                None => None,
                Some(items) => Some(copy_record(shape, plans, items, adopting)?.into()),
            },
            Self::Result(plans) => match far.result() {
                None => None,
                Some(Ok(ok)) => Some(Value::ok(plans.0.copy(ok, adopting)?)),
                Some(Err(err)) => Some(Value::err(plans.1.copy(err, adopting)?)),
            },
            Self::Union(members) => members
                .iter()
                .filter(|it| it.may_be(far))
                .find_map(|it| it.copy(far, adopting).ok()),
            Self::Resource if far.kind() == Kind::HANDLE => {
                Some(Value::handle(adopting.adopt(far)))
            }
            Self::Resource => None,
        };
        found.ok_or_else(|| mistyped(far))
    }

    /// Whether a value may be of this type, for what [`copy`](Self::copy) does not look at: the names of
    /// records, and what an empty array would hold.
    fn may_be(&self, far: Far<'_>) -> bool {
        match self {
            Self::Record(shape, _) => far.may_have_shape(shape),
            Self::Option(inner) => far.is_none() || inner.may_be(far),
            Self::Union(members) => members.iter().any(|it| it.may_be(far)),
            Self::Tuple(plans) => {
                far.len() == plans.len()
                    && plans
                        .iter()
                        .zip(far.items())
                        .all(|(it, item)| it.may_be(item))
            }
            Self::Array(item) => match (far.array(), item.empty_array()) {
                (Some(Elements::Ints(_)), Array::Ints(_))
                | (Some(Elements::Numbers(_)), Array::Numbers(_))
                | (Some(Elements::Bools(_)), Array::Bools(_)) => true,
                (Some(Elements::Values(mut items)), Array::Values(_)) => {
                    items.all(|it| item.may_be(it))
                }
                _ => false,
            },
            Self::Map(plans) => far.entries().is_some_and(|mut entries| {
                entries.all(|(key, value)| plans.0.may_be(key) && plans.1.may_be(value))
            }),
            Self::Set(item) => far
                .set()
                .is_some_and(|mut items| items.all(|it| item.may_be(it))),
            Self::Result(plans) => far.result().is_some_and(|result| match result {
                Ok(ok) => plans.0.may_be(ok),
                Err(err) => plans.1.may_be(err),
            }),
            _ => true,
        }
    }

    /// An empty array in the form that elements with this plan have.
    fn empty_array(&self) -> Array {
        match self {
            Self::Scalar(Scalar::Int) => Array::Ints(Vec::new()),
            Self::Scalar(Scalar::Number) => Array::Numbers(Vec::new()),
            Self::Scalar(Scalar::Bool) => Array::Bools(Vec::new()),
            _ => Array::Values(Vec::new()),
        }
    }

    /// Copies an array whose elements have this plan.
    fn copy_array(&self, far: Far<'_>, adopting: &mut Adopting<'_>) -> Result<Value, Raise> {
        let mut array = self.empty_array();
        let Some(elements) = far.array() else {
            return Err(mistyped(far));
        };
        let items = match (elements, &array) {
            (Elements::Ints(items), Array::Ints(_)) => {
                return Ok(Value::array(Array::Ints(items.to_vec())));
            }
            (Elements::Numbers(items), Array::Numbers(_)) => {
                return Ok(Value::array(Array::Numbers(items.to_vec())));
            }
            (Elements::Bools(items), Array::Bools(_)) => {
                return Ok(Value::array(Array::Bools(items.to_vec())));
            }
            (Elements::Values(items), _) => items,
            (Elements::Ints([]) | Elements::Numbers([]) | Elements::Bools([]), _) => {
                return Ok(Value::array(array));
            }
            _ => return Err(mistyped(far)),
        };
        let items = items.map(|item| self.copy(item, adopting));
        if let Array::Values(_) = array {
            return Ok(Value::array(Array::Values(
                items.collect::<Result<_, _>>()?,
            )));
        }
        for item in items {
            array.push(item?);
        }
        Ok(Value::array(array))
    }
}

fn copy_all<'a>(
    plans: &[Plan],
    mut items: impl Iterator<Item = Far<'a>>,
    adopting: &mut Adopting<'_>,
) -> Result<Vec<Value>, Raise> {
    let mut copied = Vec::with_capacity(plans.len());
    for plan in plans {
        match items.next() {
            Some(item) => copied.push(plan.copy(item, adopting)?),
            None => return Err(part_missing()),
        }
    }
    Ok(copied)
}

/// A record with these fields.
///
/// # Errors
/// As for [`Plan::copy`].
#[inline(never)]
pub(super) fn copy_shown(
    (shape, plans): (&Arc<Shape>, &[Plan]),
    border: &Border,
    fields: &[View],
    adopting: &mut Adopting<'_>,
) -> Result<Rc<Record>, Raise> {
    // SAFETY: they came over this border, and are lent as long as this lasts.
    let items = fields
        .iter()
        .map(|view| unsafe { Far::new(View::read(view), border) });
    copy_record(shape, plans, items, adopting)
}

#[inline(always)]
fn copy_record<'a>(
    shape: &Arc<Shape>,
    plans: &[Plan],
    items: impl Iterator<Item = Far<'a>>,
    adopting: &mut Adopting<'_>,
) -> Result<Rc<Record>, Raise> {
    let mut record = Record::blank(shape, plans.len());
    if let Some(own) = Rc::get_mut(&mut record) {
        let mut filled = 0;
        for ((field, plan), item) in own.fields.iter_mut().zip(plans).zip(items) {
            plan.copy_to(field, item, adopting)?;
            filled += 1;
        }
        if filled < plans.len() {
            return Err(part_missing());
        }
    }
    Ok(record)
}

#[cold]
fn part_missing() -> Raise {
    Raise::internal("a plugin gave a value with a part missing")
}

#[cold]
fn mistyped(far: Far<'_>) -> Raise {
    Raise::internal(format!(
        "a plugin gave a {} where its declaration has another type",
        far.kind_name()
    ))
}
