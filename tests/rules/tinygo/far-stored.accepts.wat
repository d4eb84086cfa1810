;; It is stored in a word that is nothing of the heap.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (i32.store16 (i32.const 65700) (i32.const 100000)))
;; end
