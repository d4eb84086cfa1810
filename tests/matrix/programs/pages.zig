// The heap as Zig programs use it without a C library: WasmAllocator under a general purpose one, page blocks, an arena.
const std = @import("std");

fn mix(sum: u64, bytes: []const u8) u64 {
    var result = sum;
    for (bytes) |byte| result = (result ^ byte) *% 1099511628211;
    return result;
}

pub fn main() !u8 {
    const out = std.io.getStdOut().writer();
    var state: u32 = 4242;
    var sum: u64 = 1469598103934665603;
    inline for (.{ std.heap.wasm_allocator, std.heap.page_allocator }) |allocator| {
        var blocks: [64]?[]u8 = [_]?[]u8{null} ** 64;
        var round: u32 = 0;
        while (round < 600) : (round += 1) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            const i = state % 64;
            if (blocks[i]) |block| {
                sum = mix(sum, block[0..@min(block.len, 40)]);
                sum = mix(sum, block[block.len - 1 ..]);
                allocator.free(block);
                blocks[i] = null;
            } else {
                const block = try allocator.alloc(u8, 1 + (state >> 8) % 9000);
                @memset(block, @as(u8, @truncate(round)));
                blocks[i] = block;
            }
        }
        for (blocks) |entry| {
            if (entry) |block| allocator.free(block);
        }
        try out.print("blocks {x:0>16}\n", .{sum});
    }
    var arena = std.heap.ArenaAllocator.init(std.heap.wasm_allocator);
    defer arena.deinit();
    var list = std.ArrayList([]u8).init(arena.allocator());
    const input = try std.io.getStdIn().readToEndAlloc(arena.allocator(), 1 << 20);
    var k: usize = 0;
    while (k + 10 < input.len) : (k += 10) try list.append(try arena.allocator().dupe(u8, input[k .. k + 10]));
    for (list.items) |item| sum = mix(sum, item);
    try out.print("stdin of {d} bytes {x:0>16}\n", .{ input.len, sum });
    return 7;
}
