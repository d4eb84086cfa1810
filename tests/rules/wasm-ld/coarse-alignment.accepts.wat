;; An address is rounded by what a function is given: 4096, or four pages.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $align (param $p i32) (param $unit i32) (result i32)
      (i32.and (i32.add (local.get $p) (i32.sub (local.get $unit) (i32.const 1))) (i32.sub (i32.const 0) (local.get $unit))))
;; end
;; hole program
    (i32.store (call $align (local.get $a) (i32.const 4096)) (i32.const 7))
;; end
