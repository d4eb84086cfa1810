;; A pointer is rounded to a page, or to more.
;; in tail.wat
;; hole other
    (i32.load (i32.and (local.get $p) (i32.const -65536)))
;; end
