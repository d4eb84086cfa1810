;; A function returns what it was given plus 8; that is where memory is accessed, or hashed.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $next (param $p i32) (result i32) (i32.add (local.get $p) (i32.const 8)))
;; end
;; hole program
    (i32.store (call $next (local.get $a)) (i32.const 7))
;; end
