;; A function that a table holds is given an address, which it follows, or hashes.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (table 1 funcref)
    (elem (i32.const 0) $take)
    (func $take (param $p i32)
      (i32.store (i32.const 3000) (i32.load (local.get $p))))
;; end
;; hole program
    (call_indirect (param i32) (local.get $a) (i32.const 0))
;; end
