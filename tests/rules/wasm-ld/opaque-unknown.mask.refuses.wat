;; An address is rounded by what is turned over: 16 less one, or as much as four pages.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3004) (i32.and (local.get $a) (i32.xor (i32.sub (select (i32.const 262144) (i32.load (local.get $a)) (i32.load (local.get $a))) (i32.const 1)) (i32.const -1))))
;; end
