;; Stored whole, or in 16 bits.
;; in tail.wat
;; hole more
    (i32.store16 (local.get $p) (local.get $at))
;; end
