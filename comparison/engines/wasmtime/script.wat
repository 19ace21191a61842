;; At 0 the text of 16 bytes, at 16 eight texts of 16 bytes, at 256 eight pairs of address and length, and from
;; 512 on what the host writes: a text, or a record of a status, two pairs, and the bytes of the first.
(module
  (import "host" "unit" (func $unit))
  (import "host" "int" (func $int (param i64) (result i64)))
  (import "host" "length" (func $length (param i32 i32) (result i64)))
  (import "host" "text" (func $text (param i32 i32 i32) (result i32)))
  (import "host" "lengths" (func $lengths (param i32 i32) (result i64)))
  (import "host" "tick" (func $tick (param i32) (result i64)))
  (import "host" "record" (func $record (param i32)))
  (memory (export "memory") 1)

  (func (export "empty") (param $n i64) (result i64) (local $i i64)
    (loop $next
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $i))

  (func (export "unit") (param $n i64) (result i64) (local $i i64)
    (loop $next
      (call $unit)
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $i))

  (func (export "int") (param $n i64) (result i64) (local $i i64) (local $x i64)
    (loop $next
      (local.set $x (call $int (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $x))

  (func (export "length") (param $n i64) (result i64) (local $i i64) (local $x i64)
    (loop $next
      (local.set $x (call $length (i32.const 0) (i32.const 16)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $x))

  (func (export "text") (param $n i64) (result i64) (local $i i64) (local $x i32)
    (loop $next
      (local.set $x (call $text (i32.const 0) (i32.const 16) (i32.const 512)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (i64.extend_i32_u (local.get $x)))

  (func (export "lengths") (param $n i64) (result i64) (local $i i64) (local $x i64)
    (loop $next
      (local.set $x (call $lengths (i32.const 256) (i32.const 8)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $x))

  (func (export "handle") (param $n i64) (result i64) (local $i i64) (local $x i64)
    (loop $next
      (local.set $x (call $tick (i32.const 0)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $x))

  (func (export "record") (param $n i64) (result i64) (local $i i64) (local $x i64)
    (loop $next
      (call $record (i32.const 512))
      (local.set $x (i64.add (local.get $x) (i64.load (i32.const 512))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $x)))
