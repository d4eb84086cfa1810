;; The break is only compared, although memory.size is asked for.
;; in program.wat
;; hole allocate
    (drop (i64.eq (i64.const 7) (i64.load (i32.wrap_i64 (i64.const 0x30010)))))
;; end
