;; An address is kept in a static table by an index, and loaded by another; it is divided by 1, or by 1021.
;; in bump.wat
;; hole program
    (i32.store (i32.add (i32.const 3000) (i32.shl (call $other) (i32.const 2))) (local.get $a))
    (i32.store (i32.const 2900) (i32.rem_u (i32.load (i32.add (i32.const 3000) (i32.shl (call $other) (i32.const 2)))) (i32.const 1)))
;; end
