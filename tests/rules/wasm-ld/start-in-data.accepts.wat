;; A word of data far from the start, or equal to it.
;; in bump.wat
;; hole data
    (data (i32.const 1024) "static data.")
;; end
