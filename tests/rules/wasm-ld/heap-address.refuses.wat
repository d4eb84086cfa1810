;; Memory is accessed at the address, or at the page number.
;; in tail.wat
;; hole more
    (i32.store (local.get $page) (local.get $n))
;; end
