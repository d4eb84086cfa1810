// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

package heapbump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// FIXTURES names tests/fixtures, EXPECTED the folder that tests/install/same_bytes.mjs wrote.
func open(t *testing.T) *Heapbump {
	t.Helper()
	hb, err := New(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hb.Close(context.Background()) })
	return hb
}

func goModule(t *testing.T) []byte {
	t.Helper()
	module, err := os.ReadFile(filepath.Join(os.Getenv("FIXTURES"), "go/busy-go1.26.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func TestReserveVerifyUndo(t *testing.T) {
	ctx, hb, module := context.Background(), open(t), goModule(t)
	made, err := hb.Reserve(ctx, module, &ReserveOptions{Pages: 4, Placement: PlaceNone})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(made.Manifest, []byte(`"pages": 4`)) {
		t.Errorf("%s", made.Manifest)
	}
	if _, err = hb.Verify(ctx, module, made.Module, made.Manifest); err != nil {
		t.Error(err)
	}
	undone, err := hb.Undo(ctx, made.Module, nil)
	if err != nil || !bytes.Equal(undone.Module, module) {
		t.Error("the original does not come back", err)
	}
}

func TestComponents(t *testing.T) {
	ctx, hb, module := context.Background(), open(t), goModule(t)
	for _, options := range []*ComponentOptions{nil, {Strategy: Apart, Flavor: "command"}} {
		made, err := hb.Component(ctx, module, options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = hb.Check(ctx, made.Component, nil); err != nil {
			t.Error(err)
		}
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	hb := open(t)
	_, err := hb.Detect(context.Background(), goModule(t)[:5000])
	var refused *Refused
	if !errors.As(err, &refused) || refused.ExitCode != 3 || !refused.HasOffset || !strings.HasPrefix(refused.Code, "HB03") {
		t.Errorf("%#v", err)
	}
	_, err = hb.Reserve(context.Background(), goModule(t), &ReserveOptions{Pages: 65537})
	if !errors.As(err, &refused) || refused.ExitCode != 2 {
		t.Errorf("%#v", err)
	}
}

func TestGoroutines(t *testing.T) {
	ctx, hb, module := context.Background(), open(t), goModule(t)
	expected, err := hb.Reserve(ctx, module, nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			if made, err := hb.Reserve(ctx, module, nil); err != nil || !bytes.Equal(made.Module, expected.Module) {
				t.Error("another answer", err)
			}
		}()
	}
	group.Wait()
}

type question struct {
	Verb, File, Module, Component, Manifest, Report string
	ExitCode                                        int
}

func digest(part []byte) string {
	if part == nil {
		return ""
	}
	sum := sha256.Sum256(part)
	return hex.EncodeToString(sum[:])
}

func TestSameBytesAsTheProgram(t *testing.T) {
	ctx, hb := context.Background(), open(t)
	text, err := os.ReadFile(filepath.Join(os.Getenv("EXPECTED"), "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var questions []question
	if err = json.Unmarshal(text, &questions); err != nil {
		t.Fatal(err)
	}
	if len(questions) == 0 {
		t.Fatal("nothing is asked")
	}
	for _, q := range questions {
		module, err := os.ReadFile(q.File)
		if err != nil {
			t.Fatal(err)
		}
		var made *Answer
		switch q.Verb {
		case "detect":
			made, err = hb.Detect(ctx, module)
		case "reserve":
			made, err = hb.Reserve(ctx, module, nil)
		default:
			made, err = hb.Component(ctx, module, nil)
		}
		found := question{Verb: q.Verb, File: q.File}
		var refused *Refused
		if errors.As(err, &refused) {
			found.ExitCode, found.Report = refused.ExitCode, digest(refused.Report)
		} else if err != nil {
			t.Fatal(q.Verb, q.File, err)
		} else {
			found.Module, found.Component, found.Manifest, found.Report = digest(made.Module), digest(made.Component), digest(made.Manifest), digest(made.Report)
		}
		if found != q {
			t.Errorf("%+v, not %+v", found, q)
		}
	}
}
