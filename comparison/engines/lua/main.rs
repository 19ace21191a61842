//! Lua 5.4, LuaJIT or Luau, by the safe interface of mlua.

use harness::{Counter, Fresh, HELLO, Loops, Shape, TEXTS, hit};
use mlua::{BorrowedStr, Function, Lua, LuaString, Table, UserData, UserDataMethods, Value};
use std::error::Error;

struct Handle(Counter);

impl UserData for Handle {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("tick", |_, this, ()| Ok(this.0.tick()));
    }
}

fn host(lua: &Lua) -> mlua::Result<()> {
    let globals = lua.globals();
    globals.set("hello", HELLO)?;
    globals.set("texts", lua.create_sequence_from(TEXTS)?)?;
    globals.set("counter", lua.create_userdata(Handle(Counter::default()))?)?;
    let unit = lua.create_function(|_, ()| {
        hit();
        Ok(())
    })?;
    globals.set("host_unit", unit)?;
    let int = lua.create_function(|_, n: i64| {
        hit();
        Ok(n + 1)
    })?;
    globals.set("host_int", int)?;
    let length = lua.create_function(|_, text: BorrowedStr| {
        hit();
        Ok(text.len())
    })?;
    globals.set("host_length", length)?;
    let text = lua
        .create_function(|lua, text: BorrowedStr| lua.create_string(Fresh::after(&text).bytes()))?;
    globals.set("host_text", text)?;
    let lengths = lua.create_function(|_, texts: Table| {
        hit();
        let mut total = 0;
        texts.for_each_value::<LuaString>(|text| {
            total += text.as_bytes().len();
            Ok(())
        })?;
        Ok(total)
    })?;
    globals.set("host_lengths", lengths)?;
    let record = lua.create_function(|lua, ()| {
        let record = lua.create_table_with_capacity(0, 3)?;
        record.raw_set("status", 0)?;
        record.raw_set("stdout", lua.create_string(Fresh::after(HELLO).bytes())?)?;
        record.raw_set("stderr", "")?;
        Ok(record)
    })?;
    globals.set("host_record", record)
}

fn main() -> Result<(), Box<dyn Error>> {
    let lua = Lua::new();
    host(&lua)?;
    lua.load(include_str!("script.lua")).exec()?;
    let mut loops = Loops::default();
    for shape in Shape::ALL {
        let run: Function = lua.globals().get(shape.name())?;
        loops.add(shape, move |n| {
            run.call::<Value>(n as f64).expect("the script runs");
        });
    }
    Ok(loops.serve()?)
}
