;; A function compares an address with another parameter, which is loaded from memory, or a number.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $test (param $p i32) (param $end i32)
      (if (i32.gt_u (local.get $p) (local.get $end)) (then (i32.store (i32.const 3000) (i32.const 7)))))
;; end
;; hole program
    (call $test (local.get $a) (i32.const 81920))
;; end
