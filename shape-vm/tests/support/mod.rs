//! A small builder of typed programs, for tests that need no parser and no checker.
#![allow(dead_code, missing_docs, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "only tests use it")]

use shape_check::program::{
    Arm, Expr, ExprKind, Func, FuncId, GlobalId, HostRef, LocalId, LoopId, Op, Pat, PatKind, Place,
    Program, Root, Step, Variable,
};
use shape_check::{Ty, TyKind, Types};
use shape_runtime::{Buffering, HostCx, Registry};
use shape_syntax::{FileId, Span};
use shape_vm::{Code, Outcome, RunError, compile, run};
use std::io::Write;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

pub struct Build {
    pub program: Program,
    pub registry: Registry,
}

/// What a run gave, and printed.
pub struct Ran {
    pub result: Result<Outcome, RunError>,
    pub printed: String,
}

impl Build {
    pub fn new() -> Self {
        let program = Program {
            types: Types::default(),
            funcs: Vec::new(),
            entries: Vec::new(),
            globals: Vec::new(),
            carried: 0,
            dispatch: Vec::new(),
            type_args: Vec::new(),
            needs: shape_abi::PermissionSet::pure(),
            needs_at: Vec::new(),
        };
        Self {
            program,
            registry: Registry::new(),
        }
    }

    pub fn ty(&mut self, kind: TyKind) -> Ty {
        self.program.types.intern(kind)
    }

    pub fn array_of(&mut self, element: Ty) -> Ty {
        self.ty(TyKind::Array(element))
    }

    pub fn maybe(&mut self, inner: Ty) -> Ty {
        self.ty(TyKind::Maybe(inner))
    }

    pub fn tuple_of(&mut self, items: &[Ty]) -> Ty {
        self.ty(TyKind::Tuple(items.into()))
    }

    pub fn result_of(&mut self, ok: Ty) -> Ty {
        self.ty(TyKind::Result(ok, Ty::ERROR))
    }

    /// Appends a function; the first is the top level.
    pub fn func(
        &mut self,
        name: &str,
        params: &[Ty],
        locals: &[Ty],
        ret: Ty,
        body: Expr,
    ) -> FuncId {
        let variable = |ty: &Ty| Variable {
            name: "".into(),
            ty: *ty,
            boxed: false,
            by_ref: false,
        };
        self.program.funcs.push(Func {
            name: name.into(),
            span: Span::default(),
            internal: false,
            locals: params.iter().chain(locals).map(variable).collect(),
            params: u32::try_from(params.len()).unwrap(),
            captures: 0,
            ret,
            body,
        });
        FuncId(u32::try_from(self.program.funcs.len() - 1).unwrap())
    }

    /// The last function.
    pub fn last(&mut self) -> &mut Func {
        self.program.funcs.last_mut().unwrap()
    }

    pub fn global(&mut self, ty: Ty) -> GlobalId {
        self.program.globals.push(Variable {
            name: "".into(),
            ty,
            boxed: false,
            by_ref: false,
        });
        GlobalId(u32::try_from(self.program.globals.len() - 1).unwrap())
    }

    pub fn host(&self, module: &str, name: &str) -> HostRef {
        let (module, func) = self.registry.find(module, name).unwrap();
        HostRef { module, func }
    }

    pub fn code(&self) -> Code {
        compile(&self.program, self.registry.decls())
    }

    pub fn run(&self) -> Ran {
        let printed = Shared::default();
        let mut cx = HostCx::new().with_stdout(Box::new(printed.clone()), Buffering::Block);
        let result = run(&self.code(), &self.registry, &mut cx);
        drop(cx);
        let bytes = printed.0.lock().unwrap().clone();
        Ran {
            result,
            printed: String::from_utf8(bytes).unwrap(),
        }
    }

    /// The text of the value of the top level.
    pub fn eval(&self) -> String {
        match self.run().result {
            Ok(outcome) => outcome.value.to_string(),
            Err(error) => panic!("{error}\n{:?}\n{}", error.traceback, self.code()),
        }
    }

    /// Kind and message of the error that ends the run.
    pub fn error(&self) -> String {
        match self.run().result {
            Ok(outcome) => panic!("it gave {}\n{}", outcome.value, self.code()),
            Err(error) => match &error.failure {
                shape_vm::Failure::Raised(raised) => format!("{}: {}", raised.kind, raised.message),
                other => other.to_string(),
            },
        }
    }
}

/// Runs a top level that is one expression.
pub fn eval(ty: Ty, locals: &[Ty], body: Expr) -> String {
    let mut b = Build::new();
    b.func("main", &[], locals, ty, body);
    b.eval()
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// Expressions.

pub fn expr(ty: Ty, kind: ExprKind) -> Expr {
    Expr {
        kind,
        ty,
        span: Span::default(),
    }
}

/// The expression with a span, to be found in tracebacks.
pub fn at(start: u32, mut e: Expr) -> Expr {
    e.span = Span::new(FileId(0), start, start + 1);
    e
}

pub fn unit() -> Expr {
    expr(Ty::UNIT, ExprKind::Unit)
}

pub fn int(n: i64) -> Expr {
    expr(Ty::INT, ExprKind::Int(n))
}

pub fn num(n: f64) -> Expr {
    expr(Ty::NUMBER, ExprKind::Number(n))
}

pub fn boolean(b: bool) -> Expr {
    expr(Ty::BOOL, ExprKind::Bool(b))
}

pub fn string(text: &str) -> Expr {
    expr(Ty::STRING, ExprKind::Str(text.into()))
}

pub fn none(ty: Ty) -> Expr {
    expr(ty, ExprKind::None)
}

pub fn local(ty: Ty, id: u32) -> Expr {
    expr(ty, ExprKind::Local(LocalId(id)))
}

pub fn ilocal(id: u32) -> Expr {
    local(Ty::INT, id)
}

pub fn slocal(id: u32) -> Expr {
    local(Ty::STRING, id)
}

pub fn capture(ty: Ty, id: u32) -> Expr {
    expr(ty, ExprKind::Capture(LocalId(id)))
}

pub fn global(ty: Ty, id: GlobalId) -> Expr {
    expr(ty, ExprKind::Global(id))
}

pub fn init(id: u32, value: Expr) -> Expr {
    expr(Ty::UNIT, ExprKind::Init(LocalId(id), Box::new(value)))
}

pub fn set(id: u32, value: Expr) -> Expr {
    expr(Ty::UNIT, ExprKind::SetLocal(LocalId(id), Box::new(value)))
}

pub fn set_global(id: GlobalId, value: Expr) -> Expr {
    expr(Ty::UNIT, ExprKind::SetGlobal(id, Box::new(value)))
}

pub fn place(root: u32, steps: Vec<Step>, ty: Ty) -> Place {
    Place {
        root: Root::Local(LocalId(root)),
        steps,
        ty,
        span: Span::default(),
    }
}

pub fn set_place(place: Place, value: Expr) -> Expr {
    expr(Ty::UNIT, ExprKind::SetPlace(place, Box::new(value)))
}

pub fn block(stmts: Vec<Expr>, value: Expr) -> Expr {
    expr(value.ty, ExprKind::Block(stmts, Some(Box::new(value))))
}

pub fn stmts(stmts: Vec<Expr>) -> Expr {
    expr(Ty::UNIT, ExprKind::Block(stmts, None))
}

pub fn op(op: Op, ty: Ty, args: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::Op(op, args))
}

pub fn add(a: Expr, b: Expr) -> Expr {
    op(Op::AddI, Ty::INT, vec![a, b])
}

pub fn sub(a: Expr, b: Expr) -> Expr {
    op(Op::SubI, Ty::INT, vec![a, b])
}

pub fn mul(a: Expr, b: Expr) -> Expr {
    op(Op::MulI, Ty::INT, vec![a, b])
}

pub fn lt(a: Expr, b: Expr) -> Expr {
    op(Op::LtI, Ty::BOOL, vec![a, b])
}

pub fn concat(a: Expr, b: Expr) -> Expr {
    op(Op::Concat, Ty::STRING, vec![a, b])
}

pub fn interp(parts: Vec<Expr>) -> Expr {
    expr(Ty::STRING, ExprKind::Interp(parts))
}

pub fn if_else(c: Expr, a: Expr, b: Expr) -> Expr {
    let ty = if a.ty == Ty::NEVER { b.ty } else { a.ty };
    expr(
        ty,
        ExprKind::If(Box::new(c), Box::new(a), Some(Box::new(b))),
    )
}

pub fn when(c: Expr, a: Expr) -> Expr {
    expr(Ty::UNIT, ExprKind::If(Box::new(c), Box::new(a), None))
}

pub fn and(a: Expr, b: Expr) -> Expr {
    if_else(a, b, boolean(false))
}

pub fn or(a: Expr, b: Expr) -> Expr {
    if_else(a, boolean(true), b)
}

pub fn not(a: Expr) -> Expr {
    op(Op::Not, Ty::BOOL, vec![a])
}

pub fn call(ty: Ty, func: u32, args: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::Call(FuncId(func), args))
}

pub fn call_host(ty: Ty, host: HostRef, args: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::CallHost(host, args))
}

pub fn mutate(ty: Ty, host: HostRef, place: Place, args: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::MutateHost(host, place, args))
}

pub fn for_range(id: u32, var: u32, a: Expr, b: Expr, inclusive: bool, body: Expr) -> Expr {
    expr(
        Ty::UNIT,
        ExprKind::ForRange(
            LoopId(id),
            LocalId(var),
            Box::new(a),
            Box::new(b),
            inclusive,
            Box::new(body),
        ),
    )
}

pub fn for_array(id: u32, var: u32, array: Expr, body: Expr) -> Expr {
    let kind = ExprKind::ForArray(LoopId(id), LocalId(var), Box::new(array), Box::new(body));
    expr(Ty::UNIT, kind)
}

pub fn while_loop(id: u32, c: Expr, body: Expr) -> Expr {
    expr(
        Ty::UNIT,
        ExprKind::While(LoopId(id), Box::new(c), Box::new(body)),
    )
}

pub fn endless(id: u32, ty: Ty, body: Expr) -> Expr {
    expr(ty, ExprKind::Loop(LoopId(id), Box::new(body)))
}

pub fn break_with(id: u32, value: Option<Expr>) -> Expr {
    expr(Ty::NEVER, ExprKind::Break(LoopId(id), value.map(Box::new)))
}

pub fn continue_loop(id: u32) -> Expr {
    expr(Ty::NEVER, ExprKind::Continue(LoopId(id)))
}

pub fn ret(value: Expr) -> Expr {
    expr(Ty::NEVER, ExprKind::Return(Some(Box::new(value))))
}

pub fn array(ty: Ty, items: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::Array(items))
}

pub fn tuple(ty: Ty, items: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::Tuple(items))
}

pub fn field(ty: Ty, object: Expr, index: u32) -> Expr {
    expr(ty, ExprKind::Field(Box::new(object), index))
}

/// `array[index]`, used as the element.
pub fn element(b: &mut Build, ty: Ty, array: Expr, index: Expr) -> Expr {
    let maybe = b.maybe(ty);
    let index = expr(maybe, ExprKind::Index(Box::new(array), Box::new(index)));
    expr(ty, ExprKind::Unwrap(Box::new(index)))
}

pub fn len(array: Expr) -> Expr {
    op(Op::ArrayLen, Ty::INT, vec![array])
}

pub fn try_expr(ty: Ty, body: Expr) -> Expr {
    expr(ty, ExprKind::Try(Box::new(body)))
}

pub fn match_expr(ty: Ty, var: u32, scrutinee: Expr, arms: Vec<Arm>) -> Expr {
    expr(ty, ExprKind::Match(LocalId(var), Box::new(scrutinee), arms))
}

pub fn arm(pat: Pat, body: Expr) -> Arm {
    Arm {
        pat,
        guard: None,
        body,
    }
}

pub fn guarded(pat: Pat, guard: Expr, body: Expr) -> Arm {
    Arm {
        pat,
        guard: Some(guard),
        body,
    }
}

pub fn pat(ty: Ty, kind: PatKind) -> Pat {
    Pat { kind, ty }
}

pub fn wild(ty: Ty) -> Pat {
    pat(ty, PatKind::Wild)
}

pub fn bind(ty: Ty, id: u32) -> Pat {
    pat(ty, PatKind::Bind(LocalId(id)))
}

pub fn lit(e: Expr) -> Pat {
    pat(e.ty, PatKind::Lit(Box::new(e)))
}

pub fn name(text: &str) -> Rc<str> {
    text.into()
}

/// `fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }` as function `id`.
pub fn fib(id: u32) -> Expr {
    let again = |k| call(Ty::INT, id, vec![sub(ilocal(0), int(k))]);
    if_else(lt(ilocal(0), int(2)), ilocal(0), add(again(1), again(2)))
}

/// Registers host functions that the compiler knows or that tests look into values with.
pub fn with_host() -> Build {
    use shape_abi::Ty as T;
    use shape_runtime::{Bank, Module, Places, Raise};
    use shape_value::Value;
    type Scalars<'a> = &'a mut Bank<u64>;
    type Values<'a> = &'a mut Bank<Value>;
    let mut b = Build::new();
    let (p0, p1) = (T::Param(0), T::Param(1));
    let ints = T::array(p0.clone());
    let map_ty = T::Map(p0.clone().into(), p1.clone().into());

    let mut arrays = Module::new("std::core::array", "Arrays.");
    let push = |_: &mut HostCx, _: Scalars, v: Values, at: Places| {
        let item = v[usize::from(at.values)].clone();
        v[usize::from(at.receiver)]
            .as_array_mut()
            .unwrap()
            .push(item);
        Ok(())
    };
    arrays
        .register_raw(decl("push", &[&ints, &p0], T::Unit, true), Box::new(push))
        .unwrap();
    let len = |_: &mut HostCx, s: Scalars, v: Values, at: Places| {
        s[usize::from(at.result)] = v[usize::from(at.values)].as_array().unwrap().len() as u64;
        Ok(())
    };
    arrays
        .register_raw(decl("len", &[&ints], T::Int, false), Box::new(len))
        .unwrap();
    let pop = |_: &mut HostCx, _: Scalars, v: Values, at: Places| {
        let item = v[usize::from(at.receiver)].as_array_mut().unwrap().pop();
        v[usize::from(at.result)] = item.unwrap_or_default();
        Ok(())
    };
    let popped = T::Maybe(p0.clone().into());
    arrays
        .register_raw(decl("pop", &[&ints], popped, true), Box::new(pop))
        .unwrap();
    let refuse =
        |_: &mut HostCx, _: Scalars, _: Values, _: Places| Err(Raise::invalid("refused").into());
    arrays
        .register_raw(decl("refuse", &[&ints], T::Unit, true), Box::new(refuse))
        .unwrap();
    b.registry.add(arrays).unwrap();

    let mut maps = Module::new("std::core::map", "Maps.");
    let stub = |_: &mut HostCx, _: Scalars, _: Values, _: Places| {
        Err(Raise::internal("has an instruction").into())
    };
    let found = T::Maybe(p1.clone().into());
    maps.register_raw(decl("get", &[&map_ty, &p0], found, false), Box::new(stub))
        .unwrap();
    let set = |_: &mut HostCx, _: Scalars, v: Values, at: Places| {
        let [key, value] = [0, 1].map(|i| v[usize::from(at.values + i)].clone());
        v[usize::from(at.receiver)]
            .as_map_mut()
            .unwrap()
            .insert(shape_value::Key(key), value);
        Ok(())
    };
    maps.register_raw(
        decl("set", &[&map_ty, &p0, &p1], T::Unit, true),
        Box::new(set),
    )
    .unwrap();
    b.registry.add(maps).unwrap();

    let mut tests = Module::new("std::test", "For tests.");
    let holders = |_: &mut HostCx, s: Scalars, v: Values, at: Places| {
        let array = v[usize::from(at.values)].as_array().unwrap();
        s[usize::from(at.result)] = std::rc::Rc::strong_count(array) as u64;
        Ok(())
    };
    tests
        .register_raw(decl("holders", &[&p0], T::Int, false), Box::new(holders))
        .unwrap();
    let print = |cx: &mut HostCx, _: Scalars, v: Values, at: Places| {
        Ok(cx.print(&format!("{}\n", v[usize::from(at.values)]))?)
    };
    tests
        .register_raw(decl("print", &[&p0], T::Unit, false), Box::new(print))
        .unwrap();
    let exit = |_: &mut HostCx, s: Scalars, _: Values, at: Places| {
        let code = i32::try_from(s[usize::from(at.scalars)]).unwrap();
        Err(Raise::from(shape_runtime::Stop::Exit(code)).into())
    };
    tests
        .register_raw(decl("exit", &[&T::Int], T::Never, false), Box::new(exit))
        .unwrap();
    let fail = |_: &mut HostCx, _: Scalars, v: Values, at: Places| {
        let text = v[usize::from(at.values)].as_str().unwrap();
        Err(Raise::error("not_found", text).into())
    };
    tests
        .register_raw(decl("fail", &[&T::String], T::Int, false), Box::new(fail))
        .unwrap();
    b.registry.add(tests).unwrap();
    b
}

fn decl(
    name: &str,
    params: &[&shape_abi::Ty],
    ret: shape_abi::Ty,
    mutates: bool,
) -> shape_abi::FnDecl {
    let param = |ty: &&shape_abi::Ty| shape_abi::ParamDecl {
        name: "p".into(),
        ty: (*ty).clone(),
        default: None,
    };
    shape_abi::FnDecl {
        name: name.to_owned().into(),
        params: params.iter().map(param).collect(),
        ret,
        needs: shape_abi::PermissionSet::pure(),
        mutates,
        doc: "For tests.".into(),
    }
}
