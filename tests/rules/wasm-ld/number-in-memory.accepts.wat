;; The address is stored where a pointer leads, or a granule number.
;; in tail.wat
;; hole more
    (i32.store (local.get $p) (local.get $at))
;; end
