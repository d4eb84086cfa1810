;; trim_check is 2 MiB, or not.
;; in dlmalloc-rs.wat
;; hole trim
    (i32.store (i32.const 3016) (i32.const 2097000))
;; end
