;; An address that malloc returned is compared with a word that starts as nothing, or as a number.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.load (i32.const 1024))) (then (i32.store (i32.const 3000) (call $other))))
;; end
