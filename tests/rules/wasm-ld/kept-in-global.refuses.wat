;; Kept in a global whose readers use it as an address, or in a byte.
;; in tail.wat
;; hole use
    (i32.store8 (i32.const 2000) (local.get $at))
;; end
