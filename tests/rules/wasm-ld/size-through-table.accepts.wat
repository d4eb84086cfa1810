;; A function that is called through a table returns its argument, or the memory's size.
;; in tail.wat
;; hole other
    (local.get $p)
;; end
