;; Whether an address lies in a range that begins below the heap, or in it, and ends where no memory is.
;; in bump.wat
;; hole program
    (if (i32.lt_u (i32.sub (local.get $a) (i32.const 98304)) (i32.const -102400)) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
