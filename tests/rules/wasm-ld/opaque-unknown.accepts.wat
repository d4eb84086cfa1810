;; An address that malloc returned is rounded to a page, or to more.
;; in bump.wat
;; hole program
    (i32.store (i32.and (local.get $a) (i32.const -65536)) (call $other))
;; end
