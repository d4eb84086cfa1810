;; A variable in the frame is where memory is accessed: static data, or the heap.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (local $frame i32)
      (local.set $frame (i32.sub (global.get $stack) (i32.const 32)))
      (i32.store offset=16 (local.get $frame) (i32.const 98304))
      (i32.store (i32.load offset=16 (local.get $frame)) (i32.const 7)))
;; end
;; hole program
    (call $run)
;; end
