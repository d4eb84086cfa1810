;; Memory at the start of what was grown, or just below it.
;; in tail.wat
;; hole more
    (i32.store (i32.sub (local.get $at) (i32.const 8)) (local.get $n))
;; end
