;; Whether a page number is 0, or its lowest bits are.
;; in tail.wat
;; hole more
    (if (local.get $page) (then (i32.store (local.get $at) (i32.const 7))))
;; end
