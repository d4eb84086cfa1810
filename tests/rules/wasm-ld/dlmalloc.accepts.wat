;; The state is dlmalloc's, or release_checks is not set.
;; in bump.wat
;; hole checks
    (i32.store (i32.const 2032) (i32.const 4095))
;; end
