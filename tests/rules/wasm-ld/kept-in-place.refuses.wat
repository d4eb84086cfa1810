;; Kept in a static word, or in a byte.
;; in tail.wat
;; hole use
    (i32.store8 (i32.const 2916) (local.get $at))
;; end
