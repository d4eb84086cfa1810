;; An address without its upper bits is equal to itself, or before itself.
;; in bump.wat
;; hole program
    (if (i32.lt_u (i32.shl (local.get $a) (i32.const 8)) (i32.shl (local.get $a) (i32.const 8))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
