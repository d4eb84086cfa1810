;; dlmalloc in little, its first segment made before anything else. A variable that starts as 70816 keeps `bump` out.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  (global $stack (mut i32) (i32.const 65536))
  (global $price (mut i32) (i32.const 70816))
  ;; hole data
  (data (i32.const 1024) "\01")
  ;; end
  (func $dlmalloc (param $n i32) (result i32) (local $at i32) (local $first i32)
    (if (i32.eqz (i32.load (i32.const 2024)))
      (then
        (local.set $at (memory.grow (i32.const 1)))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const 0))))
        (local.set $at (i32.shl (local.get $at) (i32.const 16)))
        (i32.store (local.get $at) (i32.const 0))
        ;; hole first
        (local.set $first (local.get $at))
        ;; end
        (i32.store (i32.const 2016) (local.get $first))
        (i32.store (i32.const 2448) (local.get $first))
        (i32.store (i32.const 2452) (i32.const 65536))
        (i32.store (i32.const 2032) (i32.const 4095))
        (i32.store (i32.const 2024) (local.get $first))
        (i32.store (i32.const 2012) (i32.const 65536))
        (i32.store (i32.const 2432) (i32.const 65536))
        (i32.store (i32.const 2436) (i32.const 65536))
        (i32.store (i32.const 2020) (i32.const 0))))
    (i32.load (i32.const 2024)))
  (func (export "_start") (i32.store (call $dlmalloc (i32.const 65536)) (i32.const 1)))
)
