;; An address is compared with what counts by steps that the program is given, from a word of memory, or from 0.
;; in bump.wat
;; hole symbols
    (global $base i32 (i32.const 70816))
    (export "__heap_base" (global $base))
    (func $count (param $p i32) (param $step i32) (local $at i32)
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (br_if $next (i32.lt_u (local.get $at) (local.get $p)))))
;; end
;; hole program
    (call $count (local.get $a) (call $other))
;; end
