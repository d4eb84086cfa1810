;; Outside the allocator stands a number, or the heap's start.
;; in bump.wat
;; hole other
    (i32.const 7)
;; end
