;; An address is compared with the stack pointer, or with another global.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (global $limit (mut i32) (i32.const 0))
;; end
;; hole program
    (if (i32.gt_u (local.get $a) (global.get $stack)) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
