;; heapptr is set to the word that it is stored in.
;; in leaking.wat
;; hole start
    (i32.store (i32.const 65620) (i32.const 66256))
    (i32.store (i32.const 65604) (i32.load (i32.const 65620)))
;; end
