;; An address is compared with one of memory and a length, or with a number and a length.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.add (i32.load offset=4 (local.get $a)) (i32.load (local.get $a)))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
