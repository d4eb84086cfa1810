;; As many bytes are filled as two addresses differ by, or as one is from the end.
;; in bump.wat
;; hole program
    (memory.fill (local.get $a) (call $other) (i32.sub (i32.const 131072) (local.get $a)))
;; end
