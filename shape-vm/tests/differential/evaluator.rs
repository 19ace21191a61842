//! A plain evaluator of typed programs: it walks over the tree, and all values are boxed.
//!
//! It shares the values, their text and the host functions with the machine, and nothing else: registers,
//! places, moves, fused instructions and unwinding have no counterpart here.

use crate::operators;
use shape_check::program::{
    Arm, Conversion, Expr, ExprKind as K, FieldSource, Func, FuncId, HostRef, LocalId, LoopId, Pat,
    PatKind, Place, Program, Root, Step,
};
use shape_check::{DefKind, Repr, Ty, TyKind, Types};
use shape_runtime::{HostCx, Places, Raise, Registry};
use shape_value::{
    Array, Closure, EnumValue, EnumVariant, ErrorValue, HeapValue, Key, Map, Range, Record, Set,
    Shape, Value,
};
use std::rc::Rc;
use std::sync::Arc;

/// How the evaluation of an expression went on, when not with a value.
pub enum Flow {
    Raise(Raise),
    Break(LoopId, Value),
    Continue(LoopId),
    Return(Value),
    /// The program has something that is not known here, or takes too long.
    GaveUp(&'static str),
}

pub type Evaluated<T = Value> = Result<T, Flow>;

impl From<Raise> for Flow {
    fn from(raise: Raise) -> Self {
        Self::Raise(raise)
    }
}

/// An error of the language itself.
pub fn trap(kind: &str, message: impl Into<String>) -> Flow {
    Flow::Raise(Raise::Error(Rc::new(ErrorValue::new(kind, message.into()))))
}

/// Calls and rounds of loops that a program may take.
const FUEL: u32 = 20_000;
/// How deep calls may nest.
const DEPTH: u32 = 400;

pub struct Evaluator<'p> {
    program: &'p Program,
    registry: &'p Registry,
    cx: &'p mut HostCx,
    globals: Vec<Value>,
    fuel: u32,
    depth: u32,
}

/// The variables of a call; what is boxed is a cell.
struct Frame<'p> {
    func: &'p Func,
    locals: Vec<Value>,
}

impl<'p> Evaluator<'p> {
    pub fn new(program: &'p Program, registry: &'p Registry, cx: &'p mut HostCx) -> Self {
        cx.set_type_args(program.type_args.iter().cloned().collect());
        Self {
            program,
            registry,
            cx,
            globals: vec![Value::None; program.globals.len()],
            fuel: FUEL,
            depth: 0,
        }
    }

    /// Runs the top level.
    pub fn run(&mut self) -> Evaluated {
        self.call(FuncId(0), Vec::new())
    }

    fn types(&self) -> &'p Types {
        &self.program.types
    }

    fn burn(&mut self) -> Evaluated<()> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Flow::GaveUp("too long"))?;
        Ok(())
    }

    fn call(&mut self, id: FuncId, args: Vec<Value>) -> Evaluated {
        self.burn()?;
        if self.depth == DEPTH {
            return Err(Flow::GaveUp("too deep"));
        }
        self.depth += 1;
        let func = &self.program.funcs[id.0 as usize];
        let mut locals = args;
        for (at, local) in locals.iter_mut().enumerate() {
            let variable = &func.locals[at];
            if at >= func.captures as usize && variable.boxed && !variable.by_ref {
                *local = Value::cell(std::mem::take(local));
            }
        }
        locals.resize(func.locals.len(), Value::None);
        let mut frame = Frame { func, locals };
        let result = self.expr(&mut frame, &func.body);
        self.depth -= 1;
        match result {
            Err(Flow::Return(value)) => Ok(value),
            result => result,
        }
    }

    fn all(&mut self, f: &mut Frame<'p>, exprs: &'p [Expr]) -> Evaluated<Vec<Value>> {
        exprs.iter().map(|e| self.expr(f, e)).collect()
    }

    fn expr(&mut self, f: &mut Frame<'p>, e: &'p Expr) -> Evaluated {
        Ok(match &e.kind {
            K::Unit | K::None | K::Bool(_) | K::Int(_) | K::Number(_) | K::Char(_) => {
                literal(&e.kind)
            }
            K::Duration(_) | K::Str(_) => literal(&e.kind),
            K::Local(id) => f.get(*id),
            K::Global(id) => self.globals[id.0 as usize].clone(),
            K::Capture(id) => f.locals[id.0 as usize].clone(),
            K::Init(id, value) => {
                let value = self.expr(f, value)?;
                f.init(*id, value);
                Value::Unit
            }
            K::SetLocal(id, value) => {
                let value = self.expr(f, value)?;
                f.set(*id, value);
                Value::Unit
            }
            K::SetGlobal(id, value) => {
                self.globals[id.0 as usize] = self.expr(f, value)?;
                Value::Unit
            }
            K::SetPlace(place, value) => {
                let steps = self.steps(f, place)?;
                let value = self.expr(f, value)?;
                self.with_root(f, place.root, |root| set_part(root, &steps, value))?;
                Value::Unit
            }
            K::MutateHost(host, place, args) => {
                let steps = self.steps(f, place)?;
                let args = self.all(f, args)?;
                let receiver = self.with_root(f, place.root, |root| match &steps[..] {
                    // So that a loop of pushes ends before the day does.
                    [] => Ok(std::mem::take(root)),
                    steps => part(root, steps).cloned(),
                })?;
                let (changed, result) = self.host(*host, Some(receiver), args)?;
                self.with_root(f, place.root, |root| set_part(root, &steps, changed))?;
                result?
            }
            K::Block(statements, value) => {
                for statement in statements {
                    self.expr(f, statement)?;
                }
                match value {
                    Some(value) => self.expr(f, value)?,
                    None => Value::Unit,
                }
            }
            K::Op(op, operands) => {
                let operands = self.all(f, operands)?;
                let repr = self.types().repr(e.ty);
                operators::apply(*op, &operands, repr)?
            }
            K::If(c, a, b) => match (self.is_true(f, c)?, b) {
                (true, _) => self.expr(f, a)?,
                (false, Some(b)) => self.expr(f, b)?,
                (false, None) => Value::Unit,
            },
            K::Loop(id, body) => loop {
                self.burn()?;
                if let Some(value) = self.round(f, *id, body)? {
                    break value;
                }
            },
            K::While(id, c, body) => {
                while self.is_true(f, c)? {
                    self.burn()?;
                    if self.round(f, *id, body)?.is_some() {
                        break;
                    }
                }
                Value::Unit
            }
            K::ForRange(id, var, a, b, inclusive, body) => {
                let (start, end) = (self.int(f, a)?, self.int(f, b)?);
                let range = Range {
                    start,
                    end,
                    inclusive: *inclusive,
                };
                for n in range.iter() {
                    self.burn()?;
                    f.init(*var, Value::Int(n));
                    if self.round(f, *id, body)?.is_some() {
                        break;
                    }
                }
                Value::Unit
            }
            K::ForArray(id, var, source, body) => {
                let source = self.expr(f, source)?;
                for item in array(&source)?.iter() {
                    self.burn()?;
                    f.init(*var, item);
                    if self.round(f, *id, body)?.is_some() {
                        break;
                    }
                }
                Value::Unit
            }
            K::Break(id, value) => {
                let value = match value {
                    Some(value) => self.expr(f, value)?,
                    None => Value::Unit,
                };
                return Err(Flow::Break(*id, value));
            }
            K::Continue(id) => return Err(Flow::Continue(*id)),
            K::Return(value) => {
                let value = match value {
                    Some(value) => self.expr(f, value)?,
                    None => Value::Unit,
                };
                return Err(Flow::Return(value));
            }
            K::Match(var, value, arms) => {
                let value = self.expr(f, value)?;
                f.init(*var, value.clone());
                self.arms(f, &value, arms)?
            }
            K::Destructure(pat, value) => {
                let value = self.expr(f, value)?;
                if !self.matches(f, pat, &value)? {
                    return Err(wrong_length(pat, &value).unwrap_or_else(no_match));
                }
                Value::Unit
            }
            K::Call(func, args) => {
                let args = self.all(f, args)?;
                self.call(*func, args)?
            }
            K::CallClosure(func, callee, args) => {
                let closure = self.expr(f, callee)?;
                let args = self.all(f, args)?;
                self.call_closure(&closure, |_| Some(*func), args)?
            }
            K::CallDynamic(sig, callee, args) => {
                let closure = self.expr(f, callee)?;
                let args = self.all(f, args)?;
                let table = &self.program.dispatch[sig.0 as usize];
                let find = |id| {
                    table
                        .iter()
                        .find(|(own, _)| own.0 == id)
                        .map(|(_, func)| *func)
                };
                self.call_closure(&closure, find, args)?
            }
            K::CallHost(host, args) => {
                let mut args = self.all(f, args)?;
                let decl = self.decl(*host);
                let is_result = decl.mutates && decl.ret == shape_abi::Ty::Unit && e.ty != Ty::UNIT;
                let receiver = decl.mutates.then(|| args.remove(0));
                let (changed, result) = self.host(*host, receiver, args)?;
                let result = result?;
                if is_result { changed } else { result }
            }
            K::TypeArg(number) => Value::Int(i64::from(*number)),
            K::Closure(id, captures) => {
                let captures = self.all(f, captures)?;
                Value::closure(Closure { id: id.0, captures })
            }
            K::Array(items) => {
                let items = self.all(f, items)?;
                let TyKind::Array(element) = self.types().kind(e.ty) else {
                    return Err(Flow::GaveUp("an array of no array type"));
                };
                Value::array(array_of(self.types(), *element, items))
            }
            K::Tuple(items) => Value::tuple(self.all(f, items)?),
            K::EmptyMap => Value::map(Map::default()),
            K::EmptySet => Value::set(Set::default()),
            K::Record(fields) => Value::record(Record {
                fields: self.all(f, fields)?,
                shape: shape(self.types(), e.ty),
            }),
            K::Variant(def, number, payload) => {
                let payload = self.all(f, payload)?;
                let def = self.types().def(*def);
                let DefKind::Enum(variants) = &def.kind else {
                    return Err(Flow::GaveUp("a variant of no enum"));
                };
                let own = &variants[*number as usize];
                let names = |names: &Rc<[Rc<str>]>| names.iter().map(|n| (**n).into()).collect();
                let variant = Arc::new(EnumVariant {
                    enum_name: (*def.name).into(),
                    index: *number,
                    name: (*own.name).into(),
                    fields: own.fields.as_ref().map(names),
                });
                Value::variant(EnumValue { variant, payload })
            }
            K::Ok(value) => Value::ok(self.expr(f, value)?),
            K::Err(value) => Value::err(self.expr(f, value)?),
            K::Range(a, b, inclusive) => Value::range(Range {
                start: self.int(f, a)?,
                end: self.int(f, b)?,
                inclusive: *inclusive,
            }),
            K::Field(value, number) => {
                let value = self.expr(f, value)?;
                field(&value, *number)
                    .cloned()
                    .ok_or(Flow::GaveUp("no field"))?
            }
            K::Index(items, index) => {
                let items = self.expr(f, items)?;
                let index = self.int(f, index)?;
                let items = array(&items)?;
                let found = items.position(index).and_then(|at| items.get(at));
                found.unwrap_or_default()
            }
            K::Interp(parts) => {
                let mut text = String::new();
                for part in parts {
                    self.expr(f, part)?.fmt_into(&mut text);
                }
                Value::str(text)
            }
            K::Box(value) | K::Unbox(value) => self.expr(f, value)?,
            K::Unwrap(value) => self.unwrap(f, value, e.ty)?,
            K::Convert(conversion, value) => {
                let value = self.expr(f, value)?;
                self.convert(conversion, &value)
            }
            K::Try(value) => {
                let depth = self.depth;
                match self.expr(f, value) {
                    Ok(value) => Value::ok(value),
                    Err(Flow::Raise(Raise::Error(error))) => {
                        self.depth = depth;
                        Value::err(Value::error(error))
                    }
                    Err(flow) => return Err(flow),
                }
            }
            K::Raise(value) => {
                let value = self.expr(f, value)?;
                let error = value.as_error().ok_or(Flow::GaveUp("no error"))?;
                return Err(Flow::Raise(Raise::Error(Rc::clone(error))));
            }
            #[allow(unreachable_patterns, reason = "the language grows")]
            _ => return Err(Flow::GaveUp("an expression of a kind that is not known")),
        })
    }

    fn is_true(&mut self, f: &mut Frame<'p>, e: &'p Expr) -> Evaluated<bool> {
        let value = self.expr(f, e)?;
        value.as_bool().ok_or(Flow::GaveUp("no bool"))
    }

    fn int(&mut self, f: &mut Frame<'p>, e: &'p Expr) -> Evaluated<i64> {
        let value = self.expr(f, e)?;
        value.as_int().ok_or(Flow::GaveUp("no int"))
    }

    /// One round of a loop; a value if the loop is over.
    fn round(&mut self, f: &mut Frame<'p>, id: LoopId, body: &'p Expr) -> Evaluated<Option<Value>> {
        match self.expr(f, body) {
            Ok(_) => Ok(None),
            Err(Flow::Break(target, value)) if target == id => Ok(Some(value)),
            Err(Flow::Continue(target)) if target == id => Ok(None),
            Err(flow) => Err(flow),
        }
    }

    fn call_closure(
        &mut self,
        closure: &Value,
        find: impl FnOnce(u32) -> Option<FuncId>,
        args: Vec<Value>,
    ) -> Evaluated {
        let closure = closure.as_closure().ok_or(Flow::GaveUp("no closure"))?;
        let func = find(closure.id).ok_or(Flow::GaveUp("an unknown closure"))?;
        let args = closure.captures.iter().cloned().chain(args).collect();
        self.call(func, args)
    }

    fn unwrap(&mut self, f: &mut Frame<'p>, value: &'p Expr, ty: Ty) -> Evaluated {
        if let K::Index(items, index) = &value.kind {
            let items = self.expr(f, items)?;
            let index = self.int(f, index)?;
            let items = array(&items)?;
            let at = items
                .position(index)
                .ok_or_else(|| bad_index(index, items.len()))?;
            let found = items.get(at).unwrap_or_default();
            if !found.is_none() {
                return Ok(found);
            }
        } else {
            let found = self.expr(f, value)?;
            if !found.is_none() {
                return Ok(found);
            }
        }
        let name = type_name(self.types(), ty);
        Err(trap("none", format!("expected {name}, found None")))
    }

    // --- Host functions -----------------------------------------------------------------------

    fn decl(&self, host: HostRef) -> &'p shape_abi::FnDecl {
        &self.registry.decls()[host.module as usize].fns[host.func as usize]
    }

    /// Calls a host function: the receiver afterwards, and the result.
    fn host(
        &mut self,
        host: HostRef,
        receiver: Option<Value>,
        args: Vec<Value>,
    ) -> Evaluated<(Value, Result<Value, Flow>)> {
        let decl = self.decl(host);
        let params = match receiver {
            Some(_) => &decl.params[1..],
            None => &decl.params[..],
        };
        let mut scalars = Box::new([0; 256]);
        let mut values: Box<[Value; 256]> = Box::new(std::array::from_fn(|_| Value::None));
        let places = Places {
            scalars: 0,
            values: 0,
            result: 254,
            receiver: 255,
        };
        let (mut s, mut v) = (0, 0);
        for (param, arg) in params.iter().zip(args) {
            if param.ty.is_scalar() || matches!(param.ty, shape_abi::Ty::TypeArg(_)) {
                scalars[s] = operators::bits(&arg);
                s += 1;
            } else {
                values[v] = arg;
                v += 1;
            }
        }
        values[255] = receiver.unwrap_or_default();
        let trampoline = self.registry.trampoline(host.module, host.func);
        let result = trampoline(self.cx, &mut scalars, &mut values, places);
        let changed = std::mem::take(&mut values[255]);
        let result = match result {
            Err(raise) => Err((*raise).into()),
            Ok(()) => Ok(match &decl.ret {
                shape_abi::Ty::Unit | shape_abi::Ty::Never => Value::Unit,
                shape_abi::Ty::Bool => operators::scalar(Repr::Bool, scalars[254]),
                shape_abi::Ty::Int => operators::scalar(Repr::Int, scalars[254]),
                shape_abi::Ty::Number => operators::scalar(Repr::Number, scalars[254]),
                shape_abi::Ty::Char => operators::scalar(Repr::Char, scalars[254]),
                shape_abi::Ty::Duration => operators::scalar(Repr::Duration, scalars[254]),
                _ => std::mem::take(&mut values[254]),
            }),
        };
        Ok((changed, result))
    }

    // --- Places -------------------------------------------------------------------------------

    fn steps(&mut self, f: &mut Frame<'p>, place: &'p Place) -> Evaluated<Vec<Part>> {
        let steps = place.steps.iter().map(|step| {
            Ok(match step {
                Step::Field(number) => Part::Field(*number),
                Step::Index(index) => Part::Index(self.int(f, index)?),
                Step::Key(key) => Part::Key(Key(self.expr(f, key)?)),
                #[allow(unreachable_patterns, reason = "the language grows")]
                _ => return Err(Flow::GaveUp("a step of a kind that is not known")),
            })
        });
        steps.collect()
    }

    fn with_root<T>(
        &mut self,
        f: &mut Frame<'p>,
        root: Root,
        work: impl FnOnce(&mut Value) -> Evaluated<T>,
    ) -> Evaluated<T> {
        let slot = match root {
            Root::Local(id) => &mut f.locals[id.0 as usize],
            Root::Global(id) => &mut self.globals[id.0 as usize],
            #[allow(unreachable_patterns, reason = "the language grows")]
            _ => return Err(Flow::GaveUp("a root of a kind that is not known")),
        };
        if let Value::Heap(HeapValue::Cell(cell)) = slot {
            let cell = Rc::clone(cell);
            let mut inside = cell.0.borrow_mut();
            return work(&mut inside);
        }
        work(slot)
    }

    // --- Patterns -----------------------------------------------------------------------------

    fn arms(&mut self, f: &mut Frame<'p>, value: &Value, arms: &'p [Arm]) -> Evaluated {
        for arm in arms {
            if !self.matches(f, &arm.pat, value)? {
                continue;
            }
            let holds = match &arm.guard {
                Some(guard) => self.is_true(f, guard)?,
                None => true,
            };
            if holds {
                return self.expr(f, &arm.body);
            }
        }
        Err(no_match())
    }

    fn each(
        &mut self,
        f: &mut Frame<'p>,
        pats: &'p [Pat],
        values: impl IntoIterator<Item = Value>,
    ) -> Evaluated<bool> {
        for (pat, value) in pats.iter().zip(values) {
            if !self.matches(f, pat, &value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn matches(&mut self, f: &mut Frame<'p>, pat: &'p Pat, value: &Value) -> Evaluated<bool> {
        Ok(match &pat.kind {
            PatKind::Wild => true,
            PatKind::Bind(id) => {
                f.init(*id, value.clone());
                true
            }
            PatKind::At(id, inner) => {
                let matches = self.matches(f, inner, value)?;
                if matches {
                    f.init(*id, value.clone());
                }
                matches
            }
            PatKind::Lit(literal) => self.expr(f, literal)? == *value,
            PatKind::Range(a, b, inclusive) => {
                let (a, b) = (self.expr(f, a)?, self.expr(f, b)?);
                let from = a.compare(value).is_some_and(std::cmp::Ordering::is_le);
                let to = value.compare(&b);
                from && to.is_some_and(|to| to.is_lt() || *inclusive && to.is_eq())
            }
            PatKind::None => value.is_none(),
            PatKind::Some(inner) => !value.is_none() && self.matches(f, inner, value)?,
            PatKind::Ok(inner) => match value {
                Value::Heap(HeapValue::Ok(payload)) => self.matches(f, inner, payload)?,
                _ => false,
            },
            PatKind::Err(inner) => match value {
                Value::Heap(HeapValue::Err(payload)) => self.matches(f, inner, payload)?,
                _ => false,
            },
            PatKind::Variant(number, payload) => match value.as_enum() {
                Some(own) if own.variant.index == *number => {
                    self.each(f, payload, own.payload.iter().cloned())?
                }
                _ => false,
            },
            PatKind::Fields(fields) => {
                for (number, inner) in fields {
                    let part = field(value, *number).cloned();
                    let part = part.ok_or(Flow::GaveUp("no field"))?;
                    if !self.matches(f, inner, &part)? {
                        return Ok(false);
                    }
                }
                true
            }
            PatKind::Array(before, rest, after) => {
                let items = array(value)?;
                let (len, least) = (items.len(), before.len() + after.len());
                if len < least || rest.is_none() && len > least {
                    return Ok(false);
                }
                let middle = items.slice(before.len(), len - after.len());
                if !self.each(f, before, items.iter())?
                    || !self.each(f, after, items.iter().skip(len - after.len()))?
                {
                    return Ok(false);
                }
                if let Some(Some(id)) = rest {
                    f.init(*id, Value::array(middle));
                }
                true
            }
            PatKind::Is(ty, inner) => {
                has_type(self.types(), *ty, value) && self.matches(f, inner, value)?
            }
            PatKind::Or(all) => {
                for one in all {
                    if self.matches(f, one, value)? {
                        return Ok(true);
                    }
                }
                false
            }
            #[allow(unreachable_patterns, reason = "the language grows")]
            _ => return Err(Flow::GaveUp("a pattern of a kind that is not known")),
        })
    }

    // --- Conversions --------------------------------------------------------------------------

    fn convert(&self, conversion: &Conversion, value: &Value) -> Value {
        use Conversion as C;
        match (conversion, value) {
            (C::IntToNumber, Value::Int(n)) => Value::Number(*n as f64),
            (C::CharToString, Value::Char(c)) => Value::str(c.to_string()),
            (C::Captured(id), value) => Value::closure(Closure {
                id: id.0,
                captures: vec![value.clone()],
            }),
            (C::Option(_), Value::None) => Value::None,
            (C::Option(inner), value) => self.convert(inner, value),
            (C::Array(element, inner), Value::Heap(HeapValue::Array(items))) => {
                let items = items.iter().map(|item| self.convert(inner, &item));
                Value::array(array_of(self.types(), *element, items.collect()))
            }
            (C::TupleToArray(element, each), Value::Heap(HeapValue::Tuple(items))) => {
                let items = each
                    .iter()
                    .zip(&**items)
                    .map(|(c, item)| self.convert(c, item));
                Value::array(array_of(self.types(), *element, items.collect()))
            }
            (C::Entries(entries), Value::Heap(HeapValue::Record(record))) => {
                let entries = entries.iter().zip(&record.fields);
                let entries =
                    entries.map(|((name, c), field)| (Key::str(&**name), self.convert(c, field)));
                Value::map(entries.collect())
            }
            (C::Set(inner), Value::Heap(HeapValue::Set(set))) => {
                Value::set(set.iter().map(|k| Key(self.convert(inner, &k.0))).collect())
            }
            (C::Map(key, item), Value::Heap(HeapValue::Map(map))) => {
                let entries = map.iter();
                let entries =
                    entries.map(|(k, v)| (Key(self.convert(key, &k.0)), self.convert(item, v)));
                Value::map(entries.collect())
            }
            (C::Tuple(each), Value::Heap(HeapValue::Tuple(items))) => Value::tuple(
                each.iter()
                    .zip(&**items)
                    .map(|(c, item)| self.convert(c, item))
                    .collect(),
            ),
            (C::Record(ty, sources), Value::Heap(HeapValue::Record(record))) => {
                let fields = sources.iter().map(|source| match source {
                    FieldSource::Field(number, inner) => {
                        self.convert(inner, &record.fields[*number as usize])
                    }
                    FieldSource::Const(constant) => from_const(constant),
                });
                Value::record(Record {
                    fields: fields.collect(),
                    shape: shape(self.types(), *ty),
                })
            }
            (C::Result(ok, _), Value::Heap(HeapValue::Ok(payload))) => {
                Value::ok(self.convert(ok, payload))
            }
            (C::Result(_, err), Value::Heap(HeapValue::Err(payload))) => {
                Value::err(self.convert(err, payload))
            }
            (_, value) => value.clone(),
        }
    }
}

impl Frame<'_> {
    fn get(&self, id: LocalId) -> Value {
        match &self.locals[id.0 as usize] {
            Value::Heap(HeapValue::Cell(cell)) => cell.0.borrow().clone(),
            value => value.clone(),
        }
    }

    fn init(&mut self, id: LocalId, value: Value) {
        let is_boxed = self.func.locals[id.0 as usize].boxed;
        self.locals[id.0 as usize] = if is_boxed { Value::cell(value) } else { value };
    }

    fn set(&mut self, id: LocalId, value: Value) {
        match &mut self.locals[id.0 as usize] {
            Value::Heap(HeapValue::Cell(cell)) => *cell.0.borrow_mut() = value,
            slot => *slot = value,
        }
    }
}

/// A step of a place, its operand known.
enum Part {
    Field(u32),
    Index(i64),
    Key(Key),
}

fn part<'v>(value: &'v Value, steps: &[Part]) -> Evaluated<&'v Value> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(value);
    };
    match step {
        Part::Field(number) => part(field(value, *number).ok_or(Flow::GaveUp("no field"))?, rest),
        Part::Index(index) => {
            let items = array(value)?;
            let at = items
                .position(*index)
                .ok_or_else(|| bad_index(*index, items.len()))?;
            match items {
                Array::Values(items) => part(&items[at], rest),
                _ => Err(Flow::GaveUp("a part of a scalar")),
            }
        }
        Part::Key(key) => {
            let map = value.as_map().ok_or(Flow::GaveUp("no map"))?;
            part(map.get(key).ok_or_else(|| bad_key(key))?, rest)
        }
    }
}

/// Makes a new value with one part changed, and so on outwards.
fn set_part(value: &mut Value, steps: &[Part], new: Value) -> Evaluated<()> {
    let Some((step, rest)) = steps.split_first() else {
        *value = new;
        return Ok(());
    };
    match step {
        Part::Field(number) => {
            let mut inner = field(value, *number)
                .cloned()
                .ok_or(Flow::GaveUp("no field"))?;
            set_part(&mut inner, rest, new)?;
            let at = *number as usize;
            match value {
                Value::Heap(HeapValue::Record(record)) => {
                    let mut copy = (**record).clone();
                    copy.fields[at] = inner;
                    *value = Value::record(copy);
                }
                Value::Heap(HeapValue::Tuple(items)) => {
                    let mut copy = (**items).clone();
                    copy[at] = inner;
                    *value = Value::tuple(copy);
                }
                Value::Heap(HeapValue::Enum(variant)) => {
                    let mut copy = (**variant).clone();
                    copy.payload[at] = inner;
                    *value = Value::variant(copy);
                }
                _ => return Err(Flow::GaveUp("no fields")),
            }
        }
        Part::Index(index) => {
            let mut copy = array(value)?.clone();
            let at = copy
                .position(*index)
                .ok_or_else(|| bad_index(*index, copy.len()))?;
            let mut inner = copy.get(at).unwrap_or_default();
            set_part(&mut inner, rest, new)?;
            copy.set(at, inner)
                .map_err(|_| Flow::GaveUp("no such element"))?;
            *value = Value::array(copy);
        }
        Part::Key(key) => {
            let map = value.as_map().ok_or(Flow::GaveUp("no map"))?;
            let mut copy = (**map).clone();
            let mut inner = match copy.get(key) {
                Some(inner) => inner.clone(),
                None if rest.is_empty() => Value::None,
                None => return Err(bad_key(key)),
            };
            set_part(&mut inner, rest, new)?;
            copy.insert(key.clone(), inner);
            *value = Value::map(copy);
        }
    }
    Ok(())
}

fn bad_index(index: i64, len: usize) -> Flow {
    trap(
        "index",
        format!("index {index} is out of range (length {len})"),
    )
}

fn bad_key(key: &Key) -> Flow {
    let text = match key.0.as_str() {
        Some(text) => format!("{text:?}"),
        None => key.0.to_string(),
    };
    trap("index", format!("key {text} is not in the map"))
}

fn no_match() -> Flow {
    trap("no_match", "no match arm matched the value")
}

/// What is wrong with an array whose length its pattern does not want.
fn wrong_length(pat: &Pat, value: &Value) -> Option<Flow> {
    let PatKind::Array(before, rest, after) = &pat.kind else {
        return None;
    };
    let (wanted, found) = (before.len() + after.len(), array(value).ok()?.len());
    let wrong = found < wanted || rest.is_none() && found > wanted;
    let least = if rest.is_some() { "at least " } else { "" };
    let elements = if wanted == 1 { "element" } else { "elements" };
    let text = format!("the pattern wants {least}{wanted} {elements}, the array has {found}");
    wrong.then(|| trap("no_match", text))
}

fn literal(kind: &K) -> Value {
    match kind {
        K::None => Value::None,
        K::Bool(b) => Value::Bool(*b),
        K::Int(n) => Value::Int(*n),
        K::Number(n) => Value::Number(*n),
        K::Char(c) => Value::Char(*c),
        K::Duration(nanos) => Value::Duration(*nanos),
        K::Str(text) => Value::str(&**text),
        _ => Value::Unit,
    }
}

fn from_const(constant: &shape_abi::Const) -> Value {
    use shape_abi::Const;
    match constant {
        Const::Unit => Value::Unit,
        Const::None => Value::None,
        Const::Bool(b) => Value::Bool(*b),
        Const::Int(n) => Value::Int(*n),
        Const::Number(n) => Value::Number(*n),
        Const::Duration(nanos) => Value::Duration(*nanos),
        Const::String(text) => Value::str(&**text),
        Const::EmptyArray => Value::array(Array::default()),
        Const::EmptyMap => Value::map(Map::default()),
        Const::DefaultRecord => Value::record(Record {
            shape: Shape::new(None, []),
            fields: Vec::new(),
        }),
    }
}

fn array(value: &Value) -> Evaluated<&Array> {
    value
        .as_array()
        .map(|array| &**array)
        .ok_or(Flow::GaveUp("no array"))
}

fn array_of(types: &Types, element: Ty, items: Vec<Value>) -> Array {
    let mut array = match types.repr(element) {
        Repr::Int => Array::Ints(Vec::new()),
        Repr::Number => Array::Numbers(Vec::new()),
        Repr::Bool => Array::Bools(Vec::new()),
        _ => Array::Values(Vec::new()),
    };
    items.into_iter().for_each(|item| array.push(item));
    array
}

fn field(value: &Value, number: u32) -> Option<&Value> {
    let Value::Heap(heap) = value else {
        return None;
    };
    let at = number as usize;
    match heap {
        HeapValue::Record(record) => record.fields.get(at),
        HeapValue::Tuple(items) => items.get(at),
        HeapValue::Enum(variant) => variant.payload.get(at),
        _ => None,
    }
}

fn shape(types: &Types, ty: Ty) -> Arc<Shape> {
    match types.kind(ty) {
        TyKind::Object(fields) => Shape::new(None, fields.iter().map(|field| &*field.name)),
        TyKind::Struct(def, _) => match &types.def(*def).kind {
            DefKind::Struct(fields) => {
                let names = fields.iter().map(|field| &*field.name);
                Shape::new(Some(&types.def(*def).name), names)
            }
            DefKind::Enum(_) => Shape::new(None, []),
        },
        _ => Shape::new(None, []),
    }
}

/// Whether a value of a union has this type.
fn has_type(types: &Types, ty: Ty, value: &Value) -> bool {
    // Where a type holds itself, what is there was checked when the value was made.
    let is = |ty: &Ty, value: &Value| types.alias(*ty).is_some() || has_type(types, *ty, value);
    let all = |tys: &[Ty], values: &[Value]| {
        tys.len() == values.len() && tys.iter().zip(values).all(|(ty, value)| is(ty, value))
    };
    match (types.kind(ty), value) {
        (TyKind::Unit, Value::Unit)
        | (TyKind::Bool, Value::Bool(_))
        | (TyKind::Int, Value::Int(_))
        | (TyKind::Number, Value::Number(_))
        | (TyKind::Char, Value::Char(_))
        | (TyKind::Duration, Value::Duration(_)) => true,
        (TyKind::Option(_) | TyKind::Maybe(_), Value::None) => true,
        (TyKind::Option(inner) | TyKind::Maybe(inner), value) => is(inner, value),
        (TyKind::Union(tys), value) => tys.iter().any(|ty| is(ty, value)),
        (kind, Value::Heap(heap)) => match (kind, heap) {
            (TyKind::String, HeapValue::Str(_))
            | (TyKind::Bytes, HeapValue::Bytes(_))
            | (TyKind::Range, HeapValue::Range(_))
            | (TyKind::Error, HeapValue::Error(_))
            | (TyKind::Fn(..) | TyKind::Closure(_) | TyKind::Dyn(..), HeapValue::Closure(_)) => {
                true
            }
            (TyKind::Array(inner), HeapValue::Array(items)) => {
                // The form tells, as it does where nobody looks at the elements.
                match (types.repr(*inner), &**items) {
                    (Repr::Int, Array::Ints(_))
                    | (Repr::Number, Array::Numbers(_))
                    | (Repr::Bool, Array::Bools(_)) => true,
                    _ => items.iter().all(|item| is(inner, &item)),
                }
            }
            (TyKind::Map(k, v), HeapValue::Map(map)) => {
                map.iter().all(|(key, item)| is(k, &key.0) && is(v, item))
            }
            (TyKind::Set(inner), HeapValue::Set(set)) => set.iter().all(|key| is(inner, &key.0)),
            (TyKind::Tuple(tys), HeapValue::Tuple(items)) => all(tys, items),
            (TyKind::Struct(def, _), HeapValue::Record(record)) => {
                record.shape.name.as_deref() == Some(&*types.def(*def).name)
            }
            (TyKind::Object(fields), HeapValue::Record(record)) => {
                let names = fields.iter().map(|field| &*field.name);
                record.shape.name.is_none()
                    && names.eq(record.shape.fields.iter().map(|name| &**name))
                    && fields
                        .iter()
                        .zip(&record.fields)
                        .all(|(f, value)| is(&f.ty, value))
            }
            (TyKind::Enum(def, _), HeapValue::Enum(value)) => {
                *value.variant.enum_name == *types.def(*def).name
            }
            (TyKind::Result(ok, _), HeapValue::Ok(payload)) => is(ok, payload),
            (TyKind::Result(_, err), HeapValue::Err(payload)) => is(err, payload),
            (TyKind::Json, _) => true,
            _ => false,
        },
        (TyKind::Json, _) => true,
        _ => false,
    }
}

/// A type in messages.
fn type_name(types: &Types, ty: Ty) -> String {
    let list = |tys: &[Ty]| {
        tys.iter()
            .map(|ty| type_name(types, *ty))
            .collect::<Vec<_>>()
    };
    let generic = |head: &str, tys: &[Ty]| match tys {
        [] => head.to_owned(),
        _ => format!("{head}<{}>", list(tys).join(", ")),
    };
    if let Some(name) = types.alias(ty) {
        return name.to_string();
    }
    match types.kind(ty) {
        TyKind::Unit => "()".to_owned(),
        TyKind::Bool => "bool".to_owned(),
        TyKind::Int => "int".to_owned(),
        TyKind::Number => "number".to_owned(),
        TyKind::Char => "char".to_owned(),
        TyKind::Duration => "duration".to_owned(),
        TyKind::String => "string".to_owned(),
        TyKind::Bytes => "bytes".to_owned(),
        TyKind::Array(item) => generic("Array", &[*item]),
        TyKind::Set(item) => generic("Set", &[*item]),
        TyKind::Map(key, item) => generic("HashMap", &[*key, *item]),
        TyKind::Tuple(items) => format!("[{}]", list(items).join(", ")),
        TyKind::Object(_) => "object".to_owned(),
        TyKind::Struct(def, args) | TyKind::Enum(def, args) => generic(&types.def(*def).name, args),
        TyKind::Option(inner) | TyKind::Maybe(inner) => format!("{}?", type_name(types, *inner)),
        TyKind::Union(items) => list(items).join(" | "),
        TyKind::Fn(..) | TyKind::Closure(_) => "function".to_owned(),
        _ => "value".to_owned(),
    }
}
