// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Package heapbump makes components of finished WASI preview1 modules, and reserves regions of linear memory in them.
//
// It runs heapbump.wasm, which is compiled in, under wazero: there is no cgo, and nothing is read, written or started.
//
//	hb, err := heapbump.New(ctx)
//	defer hb.Close(ctx)
//	made, err := hb.Component(ctx, module, nil)
//	os.WriteFile("app.component.wasm", made.Component, 0o644)
//
// Each call runs in an instance of its own, so that one Heapbump may be used by several goroutines at once.
package heapbump

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

//go:embed heapbump.wasm
var core []byte

// Heapbump is the compiled core.
type Heapbump struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// Answer is what a verb gives. What it does not have is nil.
type Answer struct {
	Module    []byte // Reserve: the reserved module; Undo: the original; Component: the embedded one
	Component []byte
	Manifest  []byte // layout.json
	Report    []byte // JSON
}

// Refused says what cannot be done, and why.
type Refused struct {
	Code      string // "HB0504"
	Message   string
	Offset    uint64 // the file offset that it is about
	HasOffset bool
	// As the program's: 2 wrong use, 3 malformed, 4 not supported, 5 no heap start found or not sure enough, 6 does not
	// fit, 7 the check failed, 1 anything else.
	ExitCode int
	Report   []byte
}

func (r *Refused) Error() string { return fmt.Sprintf("%s [%s]", r.Message, r.Code) }

type Strategy uint32

const (
	Auto Strategy = iota
	Bump
	Tail
	Gap
	Apart // of Component alone: the adapter in a memory of its own
)

type Placement uint32

const (
	PlaceAuto Placement = iota
	PlaceShim
	PlaceAdapter
	PlaceNone
)

type Confidence uint32

const (
	Strong Confidence = iota
	Weak
	Proven
)

// ReserveOptions: the zero value asks for the defaults.
type ReserveOptions struct {
	Pages          uint64 // of 64 KiB; 0: 2
	Adapters       uint32 // how many share the region; 0: 1
	Strategy       Strategy
	Placement      Placement
	MinConfidence  Confidence
	AllowMovedCode bool
	SkipVerify     bool
}

// ComponentOptions: the zero value asks for the defaults.
type ComponentOptions struct {
	Strategy      Strategy
	MinConfidence Confidence
	Flavor        string // of the shipped adapter: "command", "reactor", "proxy"; "": as the module is
}

const (
	partModule    = 1
	partComponent = 2
	partManifest  = 3
	partReport    = 4
	enosys        = 52
)

// New compiles the core, which takes a moment and is done once.
func New(ctx context.Context) (*Heapbump, error) {
	runtime := wazero.NewRuntime(ctx)
	compiled, err := runtime.CompileModule(ctx, core)
	if err == nil {
		err = answerImports(ctx, runtime, compiled)
	}
	if err != nil {
		return nil, errors.Join(err, runtime.Close(ctx))
	}
	return &Heapbump{runtime: runtime, module: compiled}, nil
}

// Close gives back what New took.
func (h *Heapbump) Close(ctx context.Context) error { return h.runtime.Close(ctx) }

// answerImports answers what the core's C library would ask for with "there is none".
func answerImports(ctx context.Context, runtime wazero.Runtime, core wazero.CompiledModule) error {
	hosts := map[string]wazero.HostModuleBuilder{}
	for _, function := range core.ImportedFunctions() {
		module, name, _ := function.Import()
		if hosts[module] == nil {
			hosts[module] = runtime.NewHostModuleBuilder(module)
		}
		results := function.ResultTypes()
		answer := func(_ context.Context, stack []uint64) {
			if len(results) == 0 {
				panic("heapbump ended")
			}
			stack[0] = enosys
		}
		hosts[module].NewFunctionBuilder().WithGoFunction(api.GoFunc(answer), function.ParamTypes(), results).Export(name)
	}
	for _, host := range hosts {
		if _, err := host.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

// call is one instance and what is put into its memory.
type call struct {
	ctx    context.Context
	module api.Module
}

func (c *call) invoke(name string, args ...uint64) (uint64, error) {
	results, err := c.module.ExportedFunction(name).Call(c.ctx, args...)
	if err != nil || len(results) == 0 {
		return 0, err
	}
	return results[0], nil
}

func (c *call) put(data []byte) (uint64, error) {
	address, err := c.invoke("malloc", uint64(max(len(data), 1)))
	if err != nil {
		return 0, err
	}
	if address == 0 || !c.module.Memory().Write(uint32(address), data) {
		return 0, errors.New("heapbump: there is no memory for this in WebAssembly")
	}
	return address, nil
}

func (c *call) text(function string, result uint64) (string, error) {
	address, err := c.invoke(function, result)
	if err != nil {
		return "", err
	}
	var text []byte
	for at := uint32(address); ; at++ {
		b, ok := c.module.Memory().ReadByte(at)
		if !ok || b == 0 {
			return string(text), nil
		}
		text = append(text, b)
	}
}

func (c *call) part(result uint64, what uint64) ([]byte, error) {
	pair, err := c.put(make([]byte, 8))
	if err != nil {
		return nil, err
	}
	if _, err = c.invoke("heapbump_result_get", pair, result, what); err != nil {
		return nil, err
	}
	address, _ := c.module.Memory().ReadUint32Le(uint32(pair))
	size, _ := c.module.Memory().ReadUint32Le(uint32(pair) + 4)
	if address == 0 {
		return nil, nil
	}
	view, ok := c.module.Memory().Read(address, size)
	if !ok {
		return nil, errors.New("heapbump: an answer lies outside of the memory")
	}
	return append([]byte(nil), view...), nil
}

func (c *call) answer(result uint64) (*Answer, error) {
	parts := make([][]byte, partReport+1)
	for what := partModule; what <= partReport; what++ {
		var err error
		if parts[what], err = c.part(result, uint64(what)); err != nil {
			return nil, err
		}
	}
	exitCode, err := c.invoke("heapbump_result_exit_code", result)
	if err != nil {
		return nil, err
	}
	if exitCode != 0 {
		return nil, c.refusal(result, int(exitCode), parts[partReport])
	}
	return &Answer{Module: parts[partModule], Component: parts[partComponent], Manifest: parts[partManifest], Report: parts[partReport]}, nil
}

func (c *call) refusal(result uint64, exitCode int, report []byte) error {
	refused := &Refused{ExitCode: exitCode, Report: report}
	var err error
	if refused.Code, err = c.text("heapbump_result_code", result); err != nil {
		return err
	}
	if refused.Message, err = c.text("heapbump_result_message", result); err != nil {
		return err
	}
	place, err := c.put(make([]byte, 8))
	if err != nil {
		return err
	}
	has, err := c.invoke("heapbump_result_offset", result, place)
	if err != nil {
		return err
	}
	refused.HasOffset = has != 0
	refused.Offset, _ = c.module.Memory().ReadUint64Le(uint32(place))
	return refused
}

// run calls a function with blocks of bytes, each as address and size, and the address of options, if there are any.
func (h *Heapbump) run(ctx context.Context, function string, options func(*call) (uint64, error), blocks ...[]byte) (*Answer, error) {
	module, err := h.runtime.InstantiateModule(ctx, h.module, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	defer module.Close(ctx)
	c := &call{ctx: ctx, module: module}
	var args []uint64
	for _, block := range blocks {
		address, err := c.put(block)
		if err != nil {
			return nil, err
		}
		args = append(args, address, uint64(len(block)))
	}
	if options != nil {
		address, err := options(c)
		if err != nil {
			return nil, err
		}
		args = append(args, address)
	}
	result, err := c.invoke("heapbump_"+function, args...)
	if err != nil {
		return nil, err
	}
	return c.answer(result)
}

// Detect says which toolchain made a core module, and where its heap starts: in the report.
func (h *Heapbump) Detect(ctx context.Context, module []byte) (*Answer, error) {
	return h.run(ctx, "detect", nil, module)
}

// Reserve gives the module with a region that it never touches.
func (h *Heapbump) Reserve(ctx context.Context, module []byte, options *ReserveOptions) (*Answer, error) {
	if options == nil {
		options = &ReserveOptions{}
	}
	return h.run(ctx, "reserve", func(c *call) (uint64, error) { return c.put(options.encode()) }, module)
}

// Component gives a component that runs.
func (h *Heapbump) Component(ctx context.Context, module []byte, options *ComponentOptions) (*Answer, error) {
	if options == nil {
		options = &ComponentOptions{}
	}
	return h.run(ctx, "component", options.put, module)
}

// Verify holds a reserved module against its original, and against a manifest if one is given.
func (h *Heapbump) Verify(ctx context.Context, original, reserved, manifest []byte) (*Answer, error) {
	return h.run(ctx, "verify", nil, original, reserved, manifest)
}

// Check says whether a component's adapters keep to the region, or to a memory of their own.
func (h *Heapbump) Check(ctx context.Context, component, manifest []byte) (*Answer, error) {
	return h.run(ctx, "check", nil, component, manifest)
}

// Undo gives the original of a reserved module, byte for byte.
func (h *Heapbump) Undo(ctx context.Context, reserved, manifest []byte) (*Answer, error) {
	return h.run(ctx, "undo", nil, reserved, manifest)
}
