;; It is stored in another word.
;; in leaking.wat
;; hole extra
  (func (export "f") 
    (i32.store (i32.const 65612) (i32.const 66256)))
;; end
