;; An address, or how far it is from a number, is compared with itself and something from memory.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (param $p i32) (local $d i32)
      (local.set $d (i32.sub (local.get $p) (i32.const 98304)))
      (if (i32.gt_u (local.get $d) (i32.add (local.get $d) (i32.load (local.get $p)))) (then (i32.store (i32.const 3004) (i32.const 7)))))
;; end
;; hole program
    (call $run (local.get $a))
;; end
