;; Code stores the heap base in the word.
;; in block-collector.wat
;; not verified
;; hole data
  (data (i32.const 65700) "\90\51\01\00") ;; 86416
;; end
;; hole extra
  (func (export "f")
    (drop (i32.load (i32.const 65604)))
    (i32.store (i32.const 65700) (i32.const 86416)))
;; end
