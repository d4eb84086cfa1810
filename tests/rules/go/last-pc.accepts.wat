;; maxpc is above minpc.
;; in program.wat
;; hole last-pc
  (data (i32.const 0x200a8) "\01\00\02\10\00\00\00\00") ;; maxpc
;; end
