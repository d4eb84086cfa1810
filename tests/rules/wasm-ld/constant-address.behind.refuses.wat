;; A constant address below the declared end, or above it, behind one that is far above.
;; in tail.wat
;; hole other
    (drop (i32.load (i32.const -16))) (i32.load (i32.const 131080))
;; end
