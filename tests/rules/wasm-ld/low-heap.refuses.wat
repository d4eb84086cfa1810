;; The first segment is memory that was grown, or begins below the declared end.
;; in low-heap.wat
;; hole first
    (local.set $first (i32.const 70816))
;; end
