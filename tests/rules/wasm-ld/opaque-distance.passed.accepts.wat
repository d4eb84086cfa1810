;; How far an address is from itself is asked for, or how far the end is from it.
;; in bump.wat
;; hole program
    (i32.store (call $dlmalloc (i32.sub (local.get $a) (local.get $a))) (call $other))
;; end
