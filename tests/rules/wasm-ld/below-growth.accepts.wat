;; Memory at the start of what was grown, or just below it.
;; in tail.wat
;; hole more
    (i32.store (local.get $at) (local.get $n))
;; end
