;; minpc is the first program counter of every Go program.
;; in program.wat
;; custom go:buildid
;; hole first-pc
  (data (i32.const 0x200a0) "\00\00\00\10\00\00\00\00") ;; minpc
;; end
