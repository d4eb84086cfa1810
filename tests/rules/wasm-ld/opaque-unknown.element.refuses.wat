;; An address is kept in a table in the frame by an index, and loaded by another; it is divided by 1, or by 1021.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (param $p i32) (local $table i32)
      (local.set $table (i32.sub (global.get $stack) (i32.const 64)))
      (i32.store (i32.add (local.get $table) (i32.shl (call $other) (i32.const 2))) (local.get $p))
      (i32.store (i32.const 3000) (i32.rem_u (i32.load (i32.add (local.get $table) (i32.shl (call $other) (i32.const 2)))) (i32.const 1021))))
;; end
;; hole program
    (call $run (local.get $a))
;; end
