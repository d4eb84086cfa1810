;; How far an address is from itself, or below the stack, is kept.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.sub (global.get $stack) (local.get $a)))
;; end
