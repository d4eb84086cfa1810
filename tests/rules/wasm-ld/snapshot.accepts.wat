;; Data lies below the heap, or in it.
;; in bump.wat
;; hole data
    (data (i32.const 1024) "static data.")
;; end
