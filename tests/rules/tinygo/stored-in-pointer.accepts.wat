;; It is stored in heapptr.
;; in leaking.wat
;; hole extra
  (func (export "f") 
    (i32.store (i32.const 65604) (i32.const 66256)))
;; end
