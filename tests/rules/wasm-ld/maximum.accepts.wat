;; Memory has no maximum, or a small one.
;; in segments.wat
;; hole memory
    (memory (export "memory") 2)
;; end
