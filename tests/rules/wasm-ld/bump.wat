;; dlmalloc as wasi-libc had it from 2020 to 2022, in little: its state at 2000, the heap's start at 70816 as a constant, its
;; end from memory.size. Each hole is one premise; a case of this folder makes one of them otherwise (see ../README.md).
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  ;; hole stack
  (global $stack (mut i32) (i32.const 70816))
  ;; end
  ;; hole symbols
  (global $base i32 (i32.const 70816))
  (export "__heap_base" (global $base))
  ;; end
  ;; hole data
  (data (i32.const 1024) "static data.")
  ;; end
  (func $dlmalloc (param $n i32) (result i32) (local $size i32) (local $p i32)
    (if (i32.eqz (i32.load (i32.const 2024)))
      (then
        ;; hole size
        (local.set $size (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 70816)))
        ;; end
        ;; hole least
        (i32.store (i32.const 2016) (i32.const 70816))
        ;; end
        (i32.store (i32.const 2448) (i32.const 70816))
        (i32.store (i32.const 2452) (local.get $size))
        ;; hole checks
        (i32.store (i32.const 2032) (i32.const 4095))
        ;; end
        (i32.store (i32.const 2024) (i32.const 70824))
        (i32.store (i32.const 2012) (local.get $size))
        ;; hole first
        (i32.store offset=4 (i32.const 70824) (i32.or (local.get $size) (i32.const 1)))
        ;; end
        ;; hole last
        (i32.store (i32.add (local.get $size) (i32.const 70776)) (i32.const 40))
        ;; end
      ))
    (local.set $p (i32.load (i32.const 2024)))
    (i32.store (i32.const 2024) (i32.add (local.get $p) (local.get $n)))
    (i32.store (i32.const 2012) (i32.sub (i32.load (i32.const 2012)) (local.get $n)))
    (i32.store (i32.const 2432) (i32.add (i32.load (i32.const 2432)) (local.get $n)))
    (i32.store (i32.const 2436) (i32.load (i32.const 2432)))
    (i32.store (i32.const 2000) (i32.load (i32.const 2004)))
    (i32.store (i32.const 2008) (i32.load (i32.const 2020)))
    (i32.store (i32.const 2028) (i32.load (i32.const 2036)))
    (local.get $p)
  )
  (func $other (result i32)
    ;; hole other
    (i32.const 7)
    ;; end
  )
  (func (export "_start") (local $a i32)
    (local.set $a (call $dlmalloc (i32.const 40)))
    ;; hole program
    (i32.store (local.get $a) (call $other))
    ;; end
  )
)
