;; A number in the heap is a factor, or kept.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.const 98304))
;; end
