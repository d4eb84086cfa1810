;; Whether there is memory, or how far up it lies.
;; in tail.wat
;; hole failed
    (if (i32.eq (local.get $page) (i32.const 5)) (then (return (i32.const 0))))
;; end
