// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From app.wasm to a component that runs:
//
//	go run ./cmd/component app.wasm app.component.wasm
package main

import (
	"context"
	"fmt"
	"os"

	"heapbump.example/heapbump"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: component IN OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	ctx := context.Background()
	hb, err := heapbump.New(ctx)
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
