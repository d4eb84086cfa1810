;; emmalloc's claim_more_memory in little: listOfAllRegions at 3000, the first region between 70816 and the declared end.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  (global $stack (mut i32) (i32.const 70816))
  (func $claim (param $n i32) (result i32) (local $start i32) (local $end i32) (local $last i32)
    (block $claimed
      (if (i32.eqz (i32.load (i32.const 3000)))
        (then
          (local.set $start (i32.const 70816))
          (local.set $end (i32.const 131072))
          (br_if $claimed (i32.le_u (local.get $n) (i32.sub (local.get $end) (i32.const 70816))))))
      (local.set $start (memory.grow (i32.shr_u (local.get $n) (i32.const 16))))
      (if (i32.eq (local.get $start) (i32.const -1)) (then (return (i32.const 0))))
      (local.set $start (i32.shl (local.get $start) (i32.const 16)))
      (local.set $end (i32.add (local.get $start) (local.get $n))))
    ;; hole sentinel
    (i32.store (i32.sub (local.get $end) (i32.const 4)) (i32.const 16))
    ;; end
    (i32.store (i32.sub (local.get $end) (i32.const 16)) (i32.const 16))
    (local.set $last (i32.load (i32.const 3000)))
    (if (i32.eq (local.get $start) (i32.load offset=8 (local.get $last)))
      (then (i32.store offset=8 (local.get $last) (local.get $end)))
      (else
        (i32.store offset=4 (local.get $start) (local.get $last))
        (i32.store offset=8 (local.get $start) (local.get $end))
        (i32.store (i32.const 3000) (local.get $start))))
    ;; hole more
    (drop (i32.const 0))
    ;; end
    (i32.const 1))
  (func (export "_start") (drop (call $claim (i32.const 65536))))
)
