// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

package heapbump

import "encoding/binary"

// The structures of heapbump.h as they lie in the core's 32-bit memory.
const (
	reserveOptionsSize   = 40
	componentOptionsSize = 24
)

func number(set bool) uint32 {
	if set {
		return 1
	}
	return 0
}

func (o *ReserveOptions) encode() []byte {
	out := make([]byte, reserveOptionsSize)
	binary.LittleEndian.PutUint32(out[0:], reserveOptionsSize)
	binary.LittleEndian.PutUint64(out[8:], o.Pages)
	for at, value := range map[int]uint32{
		16: o.Adapters, 20: uint32(o.Strategy), 24: uint32(o.Placement), 28: uint32(o.MinConfidence),
		32: number(o.AllowMovedCode), 36: number(o.SkipVerify),
	} {
		binary.LittleEndian.PutUint32(out[at:], value)
	}
	return out
}

func (o *ComponentOptions) put(c *call) (uint64, error) {
	out := make([]byte, componentOptionsSize)
	fields := map[int]uint32{0: componentOptionsSize, 4: uint32(o.Strategy), 8: uint32(o.MinConfidence)}
	if o.Flavor != "" {
		address, err := c.put(append([]byte(o.Flavor), 0))
		if err != nil {
			return 0, err
		}
		fields[12] = uint32(address)
	}
	for at, value := range fields {
		binary.LittleEndian.PutUint32(out[at:], value)
	}
	return c.put(out)
}
