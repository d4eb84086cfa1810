;; A function that is given the address of a word that keeps an address loads that word, or a part of it.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $run (param $p i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $stack) (i32.const 32)))
      (i32.store offset=16 (local.get $frame) (local.get $p))
      (call $take (i32.add (local.get $frame) (i32.const 16))))
    (func $take (param $p i32)
      (i32.store (i32.const 3000) (i32.load16_u offset=2 (local.get $p))))
;; end
;; hole program
    (call $run (local.get $a))
;; end
