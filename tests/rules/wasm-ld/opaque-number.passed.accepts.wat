;; A word of memory, or an address, is passed in 64 bits.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $seed (param $s i64) (i64.store (i32.const 3000) (local.get $s)))
;; end
;; hole program
    (call $seed (i64.extend_i32_u (i32.load (local.get $a))))
;; end
