;; dlmalloc as wasi-libc has it since 2023, in little: its first segment between two constants, 70816 and the declared end, and
;; then what memory.grow gives.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  (global $stack (mut i32) (i32.const 70816))
  (func $dlmalloc (param $n i32) (result i32) (local $at i32) (local $end i32)
    (if (i32.eqz (i32.load (i32.const 2024)))
      (then
        (i32.store (i32.const 2016) (i32.const 70816))
        (i32.store (i32.const 2448) (i32.const 70816))
        (i32.store (i32.const 2452) (i32.const 60256))
        (i32.store (i32.const 2032) (i32.const 4095))
        (i32.store (i32.const 2024) (i32.const 70824))
        ;; hole end
        (i32.store (i32.const 2012) (i32.const 60256))
        ;; end
        (i32.store (i32.const 2432) (i32.const 60256))
        (i32.store (i32.const 2436) (i32.const 60256))
        (i32.store (i32.const 2020) (i32.const 0))))
    (local.set $at (memory.grow (i32.shr_u (local.get $n) (i32.const 16))))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const 0))))
    (local.set $at (i32.shl (local.get $at) (i32.const 16)))
    (if (i32.eq (local.get $at) (i32.add (i32.load (i32.const 2448)) (i32.load (i32.const 2452))))
      (then (i32.store (i32.const 2452) (i32.add (i32.load (i32.const 2452)) (local.get $n))))
      (else (i32.store (i32.const 2024) (local.get $at))))
    (i32.load (i32.const 2024)))
  (func (export "_start") (i32.store (call $dlmalloc (i32.const 65536)) (i32.const 1)))
)
