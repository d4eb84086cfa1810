;; An address is compared with what a function of a table loads, or works out.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (table 1 funcref)
    (elem (i32.const 0) $limit)
    (func $limit (param $n i32) (result i32) (i32.load (local.get $n)))
;; end
;; hole program
    (if (i32.gt_u (local.get $a) (call_indirect (param i32) (result i32) (i32.const 30000) (i32.const 0))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
