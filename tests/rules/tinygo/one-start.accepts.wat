;; heapptr is set to one number.
;; in leaking.wat
;; hole start
    (i32.store (i32.const 65604) (i32.const 66256))
    (i32.store (i32.const 65604) (i32.const 66256))
;; end
