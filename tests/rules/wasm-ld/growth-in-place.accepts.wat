;; The start of new memory is used, or only that there is some.
;; in tail.wat
;; hole use
    (i32.store (i32.const 2916) (local.get $at))
;; end
