;; Zig's WasmPageAllocator in little: pages left over by an alignment go to a table of bits by page number.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  ;; hole memory
  (memory (export "memory") 2)
  ;; end
  (func $set_bits (param $table i32) (param $page i32) (param $n i32)
    (i32.store8 (i32.add (local.get $table) (i32.shr_u (local.get $page) (i32.const 3))) (local.get $n)))
  (func $recycle (param $start i32) (param $end i32)
    ;; hole first
    (if (i32.lt_u (local.get $start) (i32.const 2048))
    ;; end
      (then (call $set_bits (i32.const 3000) (local.get $start) (i32.sub (local.get $end) (local.get $start)))))
    (if (i32.gt_u (local.get $end) (i32.const 2048))
      (then
        (if (i32.eqz (i32.load (i32.const 3504)))
          (then
            (i32.store (i32.const 3504) (i32.const 4096))
            (i32.store (i32.const 3500) (i32.shl (i32.sub (local.get $end) (i32.const 1)) (i32.const 16)))))
        (call $set_bits (i32.load (i32.const 3500)) (i32.sub (local.get $start) (i32.const 2048)) (local.get $end)))))
  (func $alloc (param $n i32) (param $p i32) (result i32) (local $page i32)
    (local.set $page (memory.grow (local.get $n)))
    (if (i32.eq (local.get $page) (i32.const -1)) (then (return (i32.const 0))))
    (call $recycle (i32.add (local.get $page) (local.get $p)) (i32.add (local.get $page) (local.get $n)))
    (i32.shl (local.get $page) (i32.const 16)))
  (func (export "_start") (i32.store (call $alloc (i32.const 1) (i32.const 0)) (i32.const 7)))
)
