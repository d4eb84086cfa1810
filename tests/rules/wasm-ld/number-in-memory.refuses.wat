;; The address is stored where a pointer leads, or a granule number.
;; in tail.wat
;; hole more
    (i32.store (local.get $p) (i32.shr_u (local.get $at) (i32.const 4)))
;; end
