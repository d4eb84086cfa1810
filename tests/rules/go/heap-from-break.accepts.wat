;; An address is made from the break.
;; in program.wat
;; hole allocate
    (drop (i32.load (i32.wrap_i64 (i64.load (i32.wrap_i64 (i64.const 0x30010))))))
;; end
