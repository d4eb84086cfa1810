;; Whether a page number is 0, or its lowest bits are.
;; in tail.wat
;; hole more
    (if (i32.eqz (i32.shl (local.get $page) (i32.const 30))) (then (call $exit (i32.const 42))))
;; end
