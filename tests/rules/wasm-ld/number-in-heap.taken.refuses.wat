;; A number below the heap, or in it, is taken away.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.sub (i32.load (local.get $a)) (i32.const 98304)))
;; end
