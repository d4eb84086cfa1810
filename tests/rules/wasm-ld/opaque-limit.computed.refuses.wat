;; An address is compared with a word of memory, or with one that is multiplied.
;; in bump.wat
;; hole program
    (if (i32.ge_u (local.get $a) (i32.shl (i32.load (local.get $a)) (i32.const 10))) (then (i32.store (i32.const 3000) (call $other))))
;; end
