;; minpc is another number.
;; in program.wat
;; custom go:buildid
;; hole first-pc
  (data (i32.const 0x200a0) "\00\00\01\10\00\00\00\00") ;; minpc
;; end
