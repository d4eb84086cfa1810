;; How much is asked for depends on the request, or on the memory's size.
;; in tail.wat
;; hole grow
    (local.set $page (memory.grow (memory.size)))
;; end
