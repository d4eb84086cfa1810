;; An address is compared with a word of a table in the heap, or in static data that starts as 0.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.load (i32.add (i32.const 3000) (i32.shl (call $other) (i32.const 2))))) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
