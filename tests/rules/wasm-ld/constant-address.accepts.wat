;; A constant address below the declared end, or above it.
;; in tail.wat
;; hole other
    (i32.load (i32.const 131000))
;; end
