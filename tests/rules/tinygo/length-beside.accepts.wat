;; __global_base and the length of the static data.
;; in block-collector.wat
;; hole extra
  (func $scan (param i32 i32)
    (call $markRoots (local.get 0) (i32.add (local.get 0) (local.get 1))))
;; end
;; hole roots
    (call $scan (i32.const 65536) (i32.const 20880))
;; end
