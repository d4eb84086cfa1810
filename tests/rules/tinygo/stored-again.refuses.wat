;; The word begins with another number.
;; in block-collector.wat
;; hole extra
  (func (export "f")
    (drop (i32.load (i32.const 65604)))
    (i32.store (i32.const 65700) (i32.const 86416)))
;; end
;; hole data
  (data (i32.const 65700) "\a4\51\01\00") ;; 86436
;; end
