;; An address, or a product of it, is where memory is accessed.
;; in tail.wat
;; hole more
    (i32.store (i32.mul (local.get $at) (local.get $n)) (i32.const 1))
;; end
