;; An allocator that takes all its memory from memory.grow, in little; it sets the state of dlmalloc-rs at 2900. Each hole is one use of that memory; a case of this
;; folder makes one of them otherwise (see ../README.md).
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (table 1 funcref)
  ;; hole memory
  (memory (export "memory") 2)
  ;; end
  (global $stack (mut i32) (i32.const 1024))
  (global $kept (mut i32) (i32.const 0))
  ;; hole data
  (data (i32.const 1024) "static data")
  ;; end
  (func $more (param $n i32) (param $p i32) (result i32) (local $page i32) (local $at i32) (local $size i32) (local $first i32)
    ;; hole size
    (drop (i32.const 0))
    ;; end
    ;; hole grow
    (local.set $page (memory.grow (local.get $n)))
    ;; end
    ;; hole failed
    (if (i32.eq (local.get $page) (i32.const -1)) (then (return (i32.const 0))))
    ;; end
    (local.set $at (i32.shl (local.get $page) (i32.const 16)))
    (local.set $first (call $none))
    (i32.store (i32.const 2900) (local.get $first))
    (i32.store (i32.const 2904) (local.get $first))
    (i32.store (i32.const 2908) (i32.const 2097152))
    ;; hole known
    (i32.store (i32.const 2912) (i32.const 4095))
    ;; end
    ;; hole use
    (i32.store (i32.const 2916) (local.get $at))
    ;; end
    ;; hole more
    (i32.store (local.get $at) (local.get $n))
    ;; end
    ;; hole result
    (select (local.get $at) (i32.load (local.get $p)) (local.get $n))
    ;; end
  )
  (func $none (result i32) (i32.const -1)) ;; says that there is no memory yet
  (func $page_of (param $twice i32) (result i32)
    (i32.shr_u (local.get $twice) (i32.const 1))
  )
  (func $other (param $p i32) (result i32)
    ;; hole other
    (i32.load (local.get $p))
    ;; end
  )
  (func $program (export "_start") (local $a i32)
    (local.set $a (call $more (i32.const 1) (i32.const 3000)))
    ;; hole program
    (i32.store (local.get $a) (i32.const 7))
    ;; end
    (drop (call $other (local.get $a)))
  )
  ;; hole exports
  (elem (i32.const 0) $other)
  ;; end
)
