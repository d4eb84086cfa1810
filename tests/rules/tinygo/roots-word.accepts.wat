;; The word before holds __global_base.
;; in block-collector.wat
;; hole data
  (data (i32.const 65700) "\00\00\01\00\90\51\01\00") ;; 65536, 86416
;; end
