;; The word before holds another number.
;; in block-collector.wat
;; hole data
  (data (i32.const 65700) "\04\00\01\00\90\51\01\00") ;; 65540, 86416
;; end
