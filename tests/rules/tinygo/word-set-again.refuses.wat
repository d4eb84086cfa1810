;; Code stores another number in the next word.
;; in block-collector.wat
;; hole data
  (data (i32.const 65700) "\90\51\01\00") ;; 86416
;; end
;; hole extra
  (func (export "f")
    (drop (i32.load (i32.const 65604)))
    (i32.store (i32.const 65704) (i32.const 7)))
;; end
