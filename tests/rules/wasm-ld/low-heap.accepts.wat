;; The first segment is memory that was grown, or begins below the declared end.
;; in low-heap.wat
;; hole first
    (local.set $first (local.get $at))
;; end
