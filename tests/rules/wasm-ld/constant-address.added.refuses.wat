;; Two numbers whose sum is in static data, or the heap's start.
;; in bump.wat
;; hole other
    (i32.load (i32.add (i32.const 69820) (i32.const 1000)))
;; end
