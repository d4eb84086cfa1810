;; edata is below data.
;; in program.wat
;; hole sections-ascend
  (data (i32.const 0x200d8) "\00\07\02\00\00\00\00\00") ;; edata
;; end
