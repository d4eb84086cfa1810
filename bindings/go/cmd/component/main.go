// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From app.wasm to a component that runs:
//
//	go run ./cmd/component heapbump.wasm app.wasm app.component.wasm
package main

import (
	"context"
	"fmt"
	"os"

	"heapbump.example/heapbump"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: component HEAPBUMP_WASM IN OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[2], err)
		os.Exit(1)
	}
}

func run(core, in, out string) error {
	ctx := context.Background()
	bytes, err := os.ReadFile(core)
	if err != nil {
		return err
	}
	hb, err := heapbump.New(ctx, bytes)
	if err != nil {
		return err
	}
	defer hb.Close(ctx)
	module, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	made, err := hb.Component(ctx, module, nil)
	if err != nil {
		return err
	}
	return os.WriteFile(out, made.Component, 0o644)
}
