;; How far an address that malloc returned is from the stack is nothing, or little.
;; in bump.wat
;; hole program
    (if (i32.eq (i32.sub (local.get $a) (global.get $stack)) (i32.const 32768)) (then (i32.store (i32.const 3000) (call $other))))
;; end
