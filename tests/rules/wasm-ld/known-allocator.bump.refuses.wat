;; The memory grows for the allocator alone, or for the program as well.
;; in bump.wat
;; hole other
    (memory.grow (i32.const 7))
;; end
