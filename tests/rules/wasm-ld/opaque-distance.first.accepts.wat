;; How far an address is from itself, or from itself or nothing, is kept.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3004) (i32.sub (local.get $a) (local.get $a)))
;; end
