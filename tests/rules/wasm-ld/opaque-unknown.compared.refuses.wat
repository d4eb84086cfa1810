;; The lowest bits of an address are compared, or those of its page.
;; in bump.wat
;; hole program
    (if (i32.lt_u (i32.and (local.get $a) (i32.const 196608)) (i32.const 16)) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
