;; An address is a variable in the frame, of which another word is passed by its address; it is divided by 1, or by 1021.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (param $p i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $stack) (i32.const 32)))
      (call $take (local.get $frame))
      (i32.store offset=16 (local.get $frame) (local.get $p))
      (if (call $other) (then (i32.store (i32.const 3000) (i32.rem_u (i32.load offset=16 (local.get $frame)) (i32.const 1))))))
    (func $take (param $p i32) (i32.store (local.get $p) (i32.const 7)))
;; end
;; hole program
    (call $run (local.get $a))
;; end
