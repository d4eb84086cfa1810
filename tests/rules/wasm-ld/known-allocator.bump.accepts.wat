;; The memory grows for the allocator alone, or for the program as well.
;; in bump.wat
;; hole other
    (i32.add (i32.const 1) (i32.const 7))
;; end
