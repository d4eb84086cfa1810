;; An address is compared with a word that the heap keeps, or with a static one that keeps none.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.load (i32.const 1024))) (then (i32.store (i32.const 3004) (call $other))))
;; end
