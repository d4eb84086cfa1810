;; The exported symbol agrees with the allocator, or does not.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70944)) (export "__heap_base" (global $base))
;; end
