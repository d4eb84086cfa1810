;; The word before it is read.
;; in old-program.wat
;; hole reader
    (drop (i64.load offset=168 (i32.wrap_i64 (i64.load (i32.wrap_i64 (i64.const 0x22000))))))
;; end
