;; maxpc is below minpc.
;; in program.wat
;; hole last-pc
  (data (i32.const 0x200a8) "\00\00\ff\0f\00\00\00\00") ;; maxpc
;; end
