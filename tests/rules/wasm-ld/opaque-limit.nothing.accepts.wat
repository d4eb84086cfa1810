;; A function is given an address twice, or that and nothing; how far they are apart is compared with a number.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $far (param $p i32) (param $q i32)
      (if (i32.gt_u (i32.sub (local.get $p) (local.get $q)) (i32.const 40000)) (then (i32.store (i32.const 3000) (i32.const 7)))))
;; end
;; hole program
    (call $far (local.get $a) (local.get $a))
;; end
