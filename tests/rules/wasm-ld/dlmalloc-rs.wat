;; dlmalloc-rs where its first segment is made, in little, in a program that uses a number equal to the declared end.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  (func $malloc (param $n i32) (result i32) (local $at i32)
    (local.set $at (memory.grow (i32.shr_u (local.get $n) (i32.const 16))))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const 0))))
    (local.set $at (i32.shl (local.get $at) (i32.const 16)))
    (i32.store (i32.const 3000) (local.get $at))
    (i32.store (i32.const 3004) (local.get $at))
    (i32.store (i32.const 3008) (local.get $n))
    (i32.store (i32.const 3012) (i32.const 4095))
    ;; hole trim
    (i32.store (i32.const 3016) (i32.const 2097152))
    ;; end
    (i32.load (i32.const 3000)))
  (func (export "_start") (i32.store (call $malloc (i32.const 65536)) (i32.const 131072)))
)
