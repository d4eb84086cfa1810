;; How far an address is from one of two numbers, or of two places in static data, is kept.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.sub (local.get $a) (select (i32.const 32) (i32.const 16) (call $other))))
;; end
