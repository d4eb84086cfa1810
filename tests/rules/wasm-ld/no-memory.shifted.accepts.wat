;; Whether a page number is 0, or its lowest bits are.
;; in tail.wat
;; hole more
    (if (i32.eqz (local.get $page)) (then (call $exit (i32.const 42))))
;; end
