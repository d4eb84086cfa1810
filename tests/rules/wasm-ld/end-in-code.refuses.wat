;; The size is what memory.size leaves above the start, or a number.
;; in bump.wat
;; hole size
    (i32.store8 (i32.const 3000) (memory.size)) (local.set $size (i32.const 60256))
;; end
