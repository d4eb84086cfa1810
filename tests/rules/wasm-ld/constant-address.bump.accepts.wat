;; A constant address in static data, or in the heap.
;; in bump.wat
;; hole other
    (i32.load (i32.const 69000))
;; end
