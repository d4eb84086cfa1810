;; An index is added to static data, or to a number in the heap, to address memory.
;; in bump.wat
;; hole program
    (i32.store8 (i32.add (i32.load (local.get $a)) (i32.const 98304)) (i32.const 7))
;; end
