;; An address is compared with a word, or with one that is multiplied.
;; in bump.wat
;; hole program
    (if (i32.ge_u (local.get $a) (i32.load (i32.const 3000))) (then (i32.store (i32.const 3000) (call $other))))
;; end
