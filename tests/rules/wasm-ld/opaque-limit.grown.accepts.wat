;; An address that malloc returned is compared with 0, or with one of several numbers.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (select (i32.const 0) (i32.const 0) (call $other))) (then (i32.store (i32.const 3000) (call $other))))
;; end
