;; heapptr is set to another word.
;; in leaking.wat
;; hole start
    (i32.store (i32.const 65620) (i32.const 66256))
    (i32.store (i32.const 65604) (i32.load (i32.const 65624)))
;; end
