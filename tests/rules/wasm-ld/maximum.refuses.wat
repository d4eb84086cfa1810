;; Memory has no maximum, or a small one.
;; in zig-pages.wat
;; hole memory
    (memory (export "memory") 2 64)
;; end
