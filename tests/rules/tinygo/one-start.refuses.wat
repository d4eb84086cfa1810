;; heapptr is set to two numbers.
;; in leaking.wat
;; hole start
    (i32.store (i32.const 65604) (i32.const 66256))
    (i32.store (i32.const 65604) (i32.const 70000))
;; end
