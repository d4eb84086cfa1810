;; An access with an offset leads to static data, or to the heap's start.
;; in bump.wat
;; hole other
    (i32.load offset=60000 (i32.const 1000))
;; end
