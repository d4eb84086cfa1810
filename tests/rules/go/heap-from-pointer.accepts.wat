;; The word `end` is read through a pointer to the structure.
;; in old-program.wat
;; hole reader
    (drop (i64.load offset=176 (i32.wrap_i64 (i64.load (i32.wrap_i64 (i64.const 0x22000))))))
;; end
