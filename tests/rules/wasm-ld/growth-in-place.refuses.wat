;; The start of new memory is used, or only that there is some.
;; in tail.wat
;; hole use
    (local.set $at (i32.const 4096))
;; end
