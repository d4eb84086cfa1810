;; Numbers of 4096 bytes of the same address, or of one and nothing, are compared.
;; in bump.wat
;; hole program
    (if (i32.gt_u (i32.shr_u (local.get $a) (i32.const 12)) (i32.shr_u (select (local.get $a) (i32.const 0) (i32.load (local.get $a))) (i32.const 12))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
