;; Four words are loaded beside a static word that keeps an address, or with it.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (local.get $a)) (v128.store (local.get $a) (v128.load (i32.const 2992)))
;; end
