;; The lowest bits of an address choose a value, or one of its page.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (select (i32.const 5) (i32.const 6) (i32.and (local.get $a) (i32.const 131072))))
;; end
