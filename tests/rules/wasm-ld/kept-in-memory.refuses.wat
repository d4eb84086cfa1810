;; The address is stored where a pointer leads, or its page number is.
;; in tail.wat
;; hole more
    (i32.store (local.get $p) (local.get $page))
;; end
