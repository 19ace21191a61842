//! Parsed JSON as a value of a type.

use shape_abi::{Const, FieldTy, RecordTy, Ty};
use shape_value::{Array, Key, Map, Record, Set, Shape, StrKey, Value};
use std::fmt::Write;
use std::sync::Arc;

/// The JSON value as a value of `ty`; else what does not fit, and where:
/// `at .items[2].price: expected number, found string`.
pub(super) fn conform(value: Value, ty: &Ty) -> Result<Value, String> {
    if dynamic(ty) {
        return Ok(value);
    }
    Builder::default()
        .build(&value, ty)
        .map_err(|mismatch| mismatch.text())
}

/// The int that a JSON number is: also `2.0`, which some programs write for 2.
pub(super) fn as_int(json: &Value) -> Option<i64> {
    match *json {
        Value::Int(n) => Some(n),
        // Every number in this range is an int exactly.
        Value::Number(x) if x.trunc() == x && x.abs() < 9.0e15 => Some(x as i64),
        _ => None,
    }
}

fn dynamic(ty: &Ty) -> bool {
    matches!(ty, Ty::Json | Ty::Param(_) | Ty::TypeArg(_))
}

/// What does not fit. The steps that lead there are added on the way out, innermost first.
struct Mismatch {
    steps: Vec<Step>,
    problem: String,
}

enum Step {
    Field(String),
    Index(usize),
}

impl Mismatch {
    fn new(problem: String) -> Self {
        Self {
            steps: Vec::new(),
            problem,
        }
    }

    fn expected(ty: &Ty, found: &Value) -> Self {
        Self::new(format!("expected {ty}, found {}", kind(found)))
    }

    fn inside(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn text(&self) -> String {
        if self.steps.is_empty() {
            return self.problem.clone();
        }
        let mut text = "at ".to_owned();
        for step in self.steps.iter().rev() {
            let _ = match step {
                Step::Field(name) => write!(text, ".{name}"),
                Step::Index(index) => write!(text, "[{index}]"),
            };
        }
        text + ": " + &self.problem
    }
}

/// What JSON calls it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "null",
        other if other.as_map().is_some() => "object",
        other => other.kind_name(),
    }
}

/// Builds values; keeps the shape of every record type that it has met.
#[derive(Default)]
struct Builder<'t> {
    shapes: Vec<(Arc<RecordTy>, Arc<Shape>)>,
    /// The types of what is being built, the outermost first.
    open: Vec<&'t Ty>,
}

type Built = Result<Value, Mismatch>;

impl<'t> Builder<'t> {
    fn build(&mut self, value: &Value, ty: &'t Ty) -> Built {
        if let Ty::Enclosing(up, _) = ty {
            let at = self.open.len().saturating_sub(*up as usize);
            let inner = self.open.split_off(at);
            let built = match inner.first() {
                Some(outer) => self.build(value, outer),
                None => Err(Mismatch::expected(ty, value)),
            };
            self.open.extend(inner);
            return built;
        }
        self.open.push(ty);
        let built = self.build_as(value, ty);
        self.open.pop();
        built
    }

    fn build_as(&mut self, value: &Value, ty: &'t Ty) -> Built {
        let wrong = || Mismatch::expected(ty, value);
        match ty {
            _ if dynamic(ty) => Ok(value.clone()),
            Ty::Unit => value.is_none().then_some(Value::Unit).ok_or_else(wrong),
            Ty::Bool => value.as_bool().map(Value::Bool).ok_or_else(wrong),
            Ty::Int => as_int(value).map(Value::Int).ok_or_else(wrong),
            Ty::Number => value.as_number().map(Value::Number).ok_or_else(wrong),
            Ty::Duration => seconds(value).ok_or_else(wrong),
            Ty::Char => single_char(value).ok_or_else(wrong),
            Ty::String => value.as_string().cloned().map(Value::str).ok_or_else(wrong),
            Ty::Array(element) => self.array(value.as_array().ok_or_else(wrong)?, element),
            Ty::Set(element) => self.set(value.as_array().ok_or_else(wrong)?, element),
            Ty::Tuple(tys) => {
                let items = value.as_array().filter(|items| items.len() == tys.len());
                self.tuple(items.ok_or_else(wrong)?, tys)
            }
            Ty::Map(key, inner) => self.map(value.as_map().ok_or_else(wrong)?, key, inner),
            Ty::Record(record) => self.record(value.as_map().ok_or_else(wrong)?, record),
            Ty::Option(_) | Ty::Maybe(_) if value.is_none() => Ok(Value::None),
            Ty::Option(inner) | Ty::Maybe(inner) => self.build(value, inner),
            Ty::Union(members) => {
                let mut built = members
                    .iter()
                    .filter_map(|member| self.build(value, member).ok());
                built.next().ok_or_else(wrong)
            }
            Ty::Never => Err(Mismatch::new(
                "a type that nests so deeply cannot be read from JSON".to_owned(),
            )),
            _ => Err(Mismatch::new(format!(
                "a value of type {ty} cannot be read from JSON"
            ))),
        }
    }

    fn items(
        &mut self,
        items: &Array,
        ty: &'t Ty,
        mut put: impl FnMut(Value),
    ) -> Result<(), Mismatch> {
        for (index, item) in items.iter().enumerate() {
            put(self
                .build(&item, ty)
                .map_err(|m| m.inside(Step::Index(index)))?);
        }
        Ok(())
    }

    fn array(&mut self, items: &Array, element: &'t Ty) -> Built {
        let mut array = Array::for_element(element);
        array.reserve(items.len());
        self.items(items, element, |item| array.push(item))?;
        Ok(Value::array(array))
    }

    fn set(&mut self, items: &Array, element: &'t Ty) -> Built {
        let mut set = Set::default();
        self.items(items, element, |item| {
            set.insert(Key(item));
        })?;
        Ok(Value::set(set))
    }

    fn tuple(&mut self, items: &Array, tys: &'t [Ty]) -> Built {
        let built = items
            .iter()
            .zip(tys)
            .enumerate()
            .map(|(index, (item, ty))| {
                self.build(&item, ty)
                    .map_err(|m| m.inside(Step::Index(index)))
            });
        Ok(Value::tuple(built.collect::<Result<_, _>>()?))
    }

    fn map(&mut self, entries: &Map, key: &Ty, inner: &'t Ty) -> Built {
        let mut map = Map::with_capacity_and_hasher(entries.len(), Default::default());
        for (name, value) in entries {
            let text = name.0.as_str().unwrap_or_default();
            let built = map_key(&name.0, key).and_then(|key| Ok((key, self.build(value, inner)?)));
            let (key, value) = built.map_err(|m| m.inside(Step::Field(text.to_owned())))?;
            map.insert(Key(key), value);
        }
        Ok(Value::map(map))
    }

    fn record(&mut self, entries: &Map, ty: &'t Arc<RecordTy>) -> Built {
        let mut fields = Vec::with_capacity(ty.fields.len());
        for field in &ty.fields {
            fields.push(match entries.get(&StrKey(&field.name)) {
                Some(value) => {
                    let built = self.build(value, &field.ty);
                    built.map_err(|m| m.inside(Step::Field(field.name.to_string())))?
                }
                None => self.missing(field)?,
            });
        }
        Ok(Value::record(Record {
            shape: self.shape(ty),
            fields,
        }))
    }

    /// The value of a field that is not there.
    fn missing(&mut self, field: &FieldTy) -> Built {
        match (&field.default, &field.ty) {
            (Some(default), ty) => Ok(self.constant(default, ty)),
            (None, Ty::Option(_) | Ty::Maybe(_)) => Ok(Value::None),
            (None, _) => Err(Mismatch::new(format!(
                "the field `{}` is missing",
                field.name
            ))),
        }
    }

    fn constant(&mut self, constant: &Const, ty: &Ty) -> Value {
        match (constant, ty) {
            (Const::Unit, _) => Value::Unit,
            (Const::None, _) => Value::None,
            (Const::Bool(b), _) => Value::Bool(*b),
            (Const::Int(n), Ty::Number) => Value::Number(*n as f64),
            (Const::Int(n), _) => Value::Int(*n),
            (Const::Number(x), _) => Value::Number(*x),
            (Const::Duration(nanos), _) => Value::Duration(*nanos),
            (Const::String(text), _) => Value::str(&**text),
            (Const::EmptyArray, Ty::Array(element)) => Array::for_element(element).into(),
            (Const::EmptyArray, _) => Array::default().into(),
            (Const::EmptyMap, _) => Map::default().into(),
            (Const::DefaultRecord, Ty::Record(ty)) => {
                let fields = ty.fields.iter().map(|field| match &field.default {
                    Some(default) => self.constant(default, &field.ty),
                    None => Value::None,
                });
                let fields = fields.collect();
                Value::record(Record {
                    shape: self.shape(ty),
                    fields,
                })
            }
            (Const::DefaultRecord, _) => Value::None,
        }
    }

    fn shape(&mut self, ty: &Arc<RecordTy>) -> Arc<Shape> {
        if let Some((_, shape)) = self.shapes.iter().find(|(known, _)| Arc::ptr_eq(known, ty)) {
            return shape.clone();
        }
        let shape = Shape::new(
            ty.name.as_deref(),
            ty.fields.iter().map(|field| &*field.name),
        );
        self.shapes.push((ty.clone(), shape.clone()));
        shape
    }
}

/// A duration is written as a number of seconds.
fn seconds(value: &Value) -> Option<Value> {
    let nanos = value.as_number()? * 1e9;
    (nanos.abs() < 9.2e18).then_some(Value::Duration(nanos.round() as i64))
}

fn single_char(value: &Value) -> Option<Value> {
    let mut chars = value.as_str()?.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(Value::Char(first))
}

/// The name of a field as a key of the wanted type.
fn map_key(name: &Value, ty: &Ty) -> Built {
    let text = name.as_str().unwrap_or_default();
    let key = match ty {
        Ty::String | Ty::Json => Some(name.clone()),
        Ty::Int => text.parse().ok().map(Value::Int),
        Ty::Bool => text.parse().ok().map(Value::Bool),
        Ty::Char => single_char(name),
        _ => None,
    };
    key.ok_or_else(|| Mismatch::new(format!("the key is not of type {ty}")))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn field(name: &'static str, ty: Ty, default: Option<Const>) -> FieldTy {
        FieldTy {
            name: name.into(),
            ty,
            default,
        }
    }

    fn order() -> Ty {
        let item = RecordTy {
            name: Some("Item".into()),
            fields: vec![
                field("name", Ty::String, None),
                field("price", Ty::Number, None),
                field("note", Ty::option(Ty::String), None),
                field("count", Ty::Int, Some(Const::Int(1))),
            ],
        };
        let items = field("items", Ty::array(Ty::Record(Arc::new(item))), None);
        Ty::Record(Arc::new(RecordTy {
            name: None,
            fields: vec![items],
        }))
    }

    fn read(text: &str, ty: &Ty) -> Result<String, String> {
        conform(parse(text).unwrap(), ty).map(|value| value.to_string())
    }

    #[test]
    fn records_by_name_with_defaults() {
        let text = r#"{"x": 0, "items": [{"price": 2, "name": "a"}, {"name": "b", "price": 1.5, "note": "n", "count": 3.0}]}"#;
        assert_eq!(
            read(text, &order()).unwrap(),
            "{ items: [{ name: a, price: 2.0, note: None, count: 1 }, { name: b, price: 1.5, note: n, count: 3 }] }"
        );
    }

    #[test]
    fn mismatches_say_where() {
        let error = |text| read(text, &order()).unwrap_err();
        assert_eq!(
            error(r#"{"items": [{"name": "a", "price": "2"}]}"#),
            "at .items[0].price: expected number, found string"
        );
        assert_eq!(
            error(r#"{"items": [{"name": "a"}]}"#),
            "at .items[0]: the field `price` is missing"
        );
        assert_eq!(
            error(r#"{"items": {}}"#),
            "at .items: expected Array<Item>, found object"
        );
        assert_eq!(error("[]"), "expected { items: Array<Item> }, found array");
    }

    #[test]
    fn other_types() {
        let map = Ty::Map(Ty::Int.into(), Ty::Bool.into());
        assert_eq!(read(r#"{"1": true}"#, &map).unwrap(), "{ 1: true }");
        assert_eq!(
            read(r#"{"x": true}"#, &map).unwrap_err(),
            "at .x: the key is not of type int"
        );
        let pair = Ty::Tuple(Arc::new([Ty::Int, Ty::Char]));
        assert_eq!(read(r#"[1, "é"]"#, &pair).unwrap(), "[1, é]");
        assert!(read("[1]", &pair).is_err());
        let union = Ty::Union(Arc::new([Ty::Int, Ty::String]));
        assert_eq!(read(r#""a""#, &union).unwrap(), "a");
        assert_eq!(
            read("true", &union).unwrap_err(),
            "expected int | string, found bool"
        );
        assert_eq!(read("1.5", &Ty::Duration).unwrap(), "1.5s");
        assert_eq!(
            read("1.5", &Ty::Int).unwrap_err(),
            "expected int, found number"
        );
        assert_eq!(read("[3, 3]", &Ty::Set(Ty::Int.into())).unwrap(), "{ 3 }");
        assert!(
            read("1", &Ty::Bytes)
                .unwrap_err()
                .contains("bytes cannot be read from JSON")
        );
    }
}
