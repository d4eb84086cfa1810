;; The start of new memory is returned to a function that keeps to the rules, or the page number to one that prints it.
;; in tail.wat
;; hole result
    (local.get $page)
;; end
