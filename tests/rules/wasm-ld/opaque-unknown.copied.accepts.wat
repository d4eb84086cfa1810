;; A word of the frame that keeps an address is copied with another one; it is divided by 1, or by 1021.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (param $p i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $stack) (i32.const 64)))
      (i32.store offset=16 (local.get $frame) (local.get $p))
      (i64.store offset=32 (local.get $frame) (i64.load offset=16 (local.get $frame)))
      (i32.store (i32.const 3000) (i32.rem_u (i32.load offset=32 (local.get $frame)) (i32.const 1))))
;; end
;; hole program
    (call $run (local.get $a))
;; end
