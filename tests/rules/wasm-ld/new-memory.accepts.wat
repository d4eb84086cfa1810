;; The first segment is memory that was grown, or begins where a break in memory says.
;; in low-heap.wat
;; hole first
    (local.set $first (local.get $at))
;; end
