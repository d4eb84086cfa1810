;; Memory is copied from beside a static word that keeps an address, or from it.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (local.get $a)) (memory.copy (i32.const 3100) (i32.const 3040) (i32.const 4))
;; end
