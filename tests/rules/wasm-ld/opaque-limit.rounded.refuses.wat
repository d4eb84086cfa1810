;; An address rounded to a page is compared with another such, or with a number.
;; in bump.wat
;; hole program
    (if (i32.eq (i32.and (local.get $a) (i32.const -65536)) (i32.const 65536)) (then (i32.store (i32.const 3000) (call $other))))
;; end
