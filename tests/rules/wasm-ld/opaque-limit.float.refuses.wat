;; An address is compared with a word of memory, or with a float made a number.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.trunc_f64_u (f64.load (local.get $a)))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
