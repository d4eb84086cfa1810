;; A number in the heap is compared with 16 bits, or with a word of memory.
;; in bump.wat
;; hole program
    (if (i32.lt_u (i32.load (local.get $a)) (i32.const 98304)) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
