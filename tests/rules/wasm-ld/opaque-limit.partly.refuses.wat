;; An address is compared with itself and a number, or with itself or nothing.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (select (local.get $a) (i32.const 0) (i32.load (local.get $a)))) (then (i32.store (i32.const 3004) (i32.const 7))))
;; end
