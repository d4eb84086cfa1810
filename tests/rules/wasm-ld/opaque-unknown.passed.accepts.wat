;; A function that is given an address reads memory through it, or hashes it.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $take (param $p i32)
      (i32.store (i32.const 3000) (i32.load (local.get $p))))
;; end
;; hole program
    (call $take (local.get $a))
;; end
