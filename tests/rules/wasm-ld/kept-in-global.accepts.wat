;; Kept in a global whose readers use it as an address, or in a byte.
;; in tail.wat
;; hole use
    (global.set $kept (local.get $at))
;; end
