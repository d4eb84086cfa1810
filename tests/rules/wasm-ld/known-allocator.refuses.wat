;; release_checks is set as dlmalloc-rs does, or to another number.
;; in tail.wat
;; hole known
    (i32.store (i32.const 2912) (i32.const 4094))
;; end
