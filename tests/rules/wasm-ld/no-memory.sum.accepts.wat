;; Whether there is new memory, or whether it begins at a certain page.
;; in tail.wat
;; hole failed
    (if (i32.eqz (i32.shl (local.get $page) (i32.const 16))) (then (return (i32.const 0))))
;; end
