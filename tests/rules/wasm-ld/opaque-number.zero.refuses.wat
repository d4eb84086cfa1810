;; The low bits of an address that malloc returned are zero, or its page number is.
;; in bump.wat
;; hole program
    (if (i32.shr_u (local.get $a) (i32.const 16)) (then (i32.store (i32.const 3000) (call $other))))
;; end
