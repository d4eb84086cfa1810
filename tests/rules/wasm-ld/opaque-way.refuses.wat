;; A function that returns two values returns a number, or an address.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $both (param $p i32) (result i32 i32)
      (i32.store (local.get $p) (i32.const 7)) (local.get $p) (i32.const 7))
;; end
;; hole program
    (call $both (local.get $a)) (drop) (drop)
;; end
