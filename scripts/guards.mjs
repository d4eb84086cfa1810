#!/usr/bin/env node
// Takes out each guard of reading and writing, one at a time, and sees that the test which watches it fails. Works on a copy of the tree.
//
//   scripts/guards.mjs [--build FOLDER] [WORD...]     only the guards whose row holds one of the words
//   scripts/guards.mjs --rows                         builds nothing; sees that each row's text is in its file (the suite does this)
//
// A row is [file, text of the guard, what is there without it, test]. The text must be in the file exactly once, so a row whose guard
// was rewritten is told. Takes some ten seconds a guard. Exit code 1: a guard whose test passes without it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from './usage.mjs';

const BYTES = 'src/base/bytes.cc';
const SECTIONS = 'src/wasm/sections.cc';
const FENCE = 'src/wasm/reader_fence.cc';
const READER = 'src/wasm/wabt_reader.cc';
const MEMORIES = 'src/wasm/memory_section.cc';
const CODE = 'src/wasm/code.cc';
const RECORD = 'src/record/record.cc';
const IMAGE = 'src/wasm/data_image.cc';
const UNDO = 'src/reserve/undo.cc';
const VERIFY = 'src/verify/verify.cc';
const IO = 'src/base/io.cc';
const OUTPUT = 'src/base/output.cc';
const TEMPORARY = 'src/base/temporary_file.cc';
const TEXT = 'src/witx/text.cc';
const TYPES = 'src/witx/types.cc';
const DESCRIPTION = 'src/witx/description.cc';
const ROWS = 'src/component/described_record.cc';
const MALFORMED = 'malformed Malformed.*';
const UNDOES = 'verify_test Undo.*';

// Section 2: every way for a file to be wrong (tests/malformed). Sections 4 and 5: changes of small files, and writing (tests/io).
const GUARDS = [
  [BYTES, 'const unsigned max_width = (bits + 6) / 7;', 'const unsigned max_width = 10; static_cast<void>(bits);', MALFORMED],
  [BYTES, 'if (extra != 0 && !(kSigned && extra == all_ones))', 'if (false)', MALFORMED],
  [BYTES, 'if (i >= data_.size()) return fail_at', 'if (false) return fail_at', MALFORMED],
  [BYTES, 'if (count > data_.size()) {', 'if (false) {', MALFORMED],
  [BYTES, 'if (count.value > data_.size() / min_element_size) {', 'if (false) {', MALFORMED],
  [BYTES, 'if (!is_valid_utf8(text)) return', 'if (false) return', MALFORMED],
  [BYTES, '{0xc2, 0xdf, 1, 0x80, 0xbf}', '{0xc0, 0xdf, 1, 0x80, 0xbf}', MALFORMED],
  [BYTES, '{0xed, 0xed, 2, 0x80, 0x9f}', '{0xed, 0xed, 2, 0x80, 0xbf}', MALFORMED],
  [BYTES, '{0xf4, 0xf4, 3, 0x80, 0x8f}', '{0xf4, 0xf4, 3, 0x80, 0xbf}', MALFORMED],
  [BYTES, '{0xe0, 0xe0, 2, 0xa0, 0xbf}', '{0xe0, 0xe0, 2, 0x80, 0xbf}', MALFORMED],
  [BYTES, '{0xf0, 0xf0, 3, 0x90, 0xbf}', '{0xf0, 0xf0, 3, 0x80, 0xbf}', MALFORMED],
  [SECTIONS, 'if (id >= kNames.size()) {', 'if (false) {', MALFORMED],
  [SECTIONS, 'if (rank <= last_rank) {', 'if (false) {', MALFORMED],
  [SECTIONS, 'if (rank <= last_rank) {', 'if (rank < last_rank) {', MALFORMED],
  [SECTIONS, 'if (sections.size() == kMaxSections)', 'if (false)', 'limits Limits.ManyCustom*'],
  [FENCE, 'if (form != 0x60) {', 'if (false) {', MALFORMED],
  [FENCE, 'if (!is_value_type(type)) return', 'if (false) return', MALFORMED],
  [FENCE, 'if (!cursor.empty()) return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the type section");', '', MALFORMED],
  [FENCE, 'if (!cursor.empty()) return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the code section");', '', MALFORMED],
  [FENCE, 'if (functions != bodies) {', 'if (false) {', MALFORMED],
  [FENCE, 'if (promised != segments) {', 'if (false) {', MALFORMED],
  [FENCE, 'HEAPBUMP_CHECK(cursor.read_bytes(size.value, "a function body"));', 'static_cast<void>(cursor.read_bytes(size.value, "a function body"));', MALFORMED],
  [FENCE, 'default: return fail_at(Code::kMalformed, at, "a constant expression holds', 'default: if (false) return fail_at(Code::kMalformed, at, "a constant expression holds', MALFORMED],
  [FENCE, 'if (values > kMaxValues)', 'if (false)', 'limits Limits.ManyOfEach*'],
  [FENCE, 'if (!status) return fail_at(Code::kWorkLimit', 'if (false) return fail_at(Code::kWorkLimit', 'limits Limits.ManyOfEach*'],
  [MEMORIES, 'if ((memory.flags & ~0x0f) != 0) return', 'if (false) return', MALFORMED],
  [MEMORIES, 'if (memory.shared && !memory.max) return', 'if (false) return', MALFORMED],
  [MEMORIES, 'if (memory.min.value > kMaxPages)', 'if (false)', MALFORMED],
  [MEMORIES, 'if (memory.max && memory.max->value > kMaxPages)', 'if (false)', MALFORMED],
  [READER, 'if (expr->value && type != (wide ? ValueType::i64 : ValueType::i32))', 'if (false)', MALFORMED],
  [MEMORIES, 'if (memory.max && memory.max->value < memory.min.value)', 'if (false)', MALFORMED],
  [MEMORIES, 'if (!cursor.empty()) return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the memory section");', '', MALFORMED],
  [READER, 'if (e.index >= limit)', 'if (false)', MALFORMED],
  [READER, 'if (module.start && *module.start >= module.functions.size())', 'if (false)', MALFORMED],
  [READER, 'f >= module.functions.size(); }', 'f > 0xfffffffeu; }', MALFORMED],
  [READER, 'segment.memory >= module.memories.size())', 'false)', MALFORMED],
  [READER, 'if (memory.page_size_log2)\n      return', 'if (false)\n      return', MALFORMED],
  [CODE, '--depth_ != 0 || at_ == end_) return true;', '--depth_ != 0 || true) return true;', MALFORMED],
  [CODE, 'return error_ || depth_ == 0 ? false', 'return error_ || depth_ == 0 || true ? false', MALFORMED],
  [CODE, 'if (kind > 3) return', 'if (false) return', MALFORMED],
  ['src/flow/flow_merge.cc', 'if (static_cast<std::uint64_t>(instruction.value) >= first_slot_)', 'if (false)', 'malformed Regressions.*'],
  ['src/flow/flow_build.cc', 'HEAPBUMP_TRY(flow_.held_, Held::take(budget_, flow_.bytes()));', '', 'limits Limits.*'],
  [RECORD, 'std::ranges::count_if(module.sections, is_record) != 1', 'false', MALFORMED],
  [RECORD, 'if (section.offset != module.sections.back().offset) return', 'if (false) return', MALFORMED],
  [RECORD, 'if (sha256_hex(as_bytes(Json(std::move(rest)).dump(-1))) != *digest->as_string())', 'if (false)', UNDOES],
  [RECORD, 'if (edit.offset > section.offset || edit.new_bytes.size() > section.offset - edit.offset)', 'if (false)', UNDOES],
  [RECORD, 'if (edit.offset < last_end || edit.new_bytes.size()', 'if (edit.new_bytes.size()', UNDOES],
  [RECORD, '|| !std::has_single_bit(distance)', '', UNDOES],
  [RECORD, 'text.size() / kCheckpointDigits != checkpoint_count(record.body_size(), distance) || ', '', UNDOES],
  [IMAGE, 'if (piece.address < end) {', 'if (false) {', MALFORMED],
  [UNDO, 'if (sha256_hex(original) != record->manifest.input_sha256) return', 'if (false) return', UNDOES],
  [UNDO, 'if (sha256_hex(original) != record->manifest.input_sha256) return', 'if (false) return', 'malformed Changes.OfAReservedModule'],
  [UNDO, '(!range || *edit < range->end)', 'true', UNDOES],
  [VERIFY, 'if (taken != *record.checkpoints) {', 'if (false) {', 'verify_test Verify.*'],
  ['src/verify/context.h', 'if (budget.charge(units)) return true;', 'if (units + 1 != 0) return true;', 'limits Limits.ConstantsThatMoved*'],
  ['src/reserve/plan.cc', 'if (*address < layout.region.end() && layout.region.base < *address + segment.size)', 'if (false)', 'unit Plan.ADataSegmentInTheRegion*'],
  ['src/reserve/plan.cc', '  if (record) {', '  if (false) {', 'malformed Changes.OfAGoProgramWithAGap'],
  ['src/base/budget.h', 'units <= counts_->limits.work) return {};', 'units <= ~0ull) return {};', 'limits Limits.ConstantsThatMoved*'],
  ['src/base/json.cc', 'if (++values_ > kMaxJsonValues) return', 'if (false) return', 'limits Limits.JsonBombs'],
  ['src/component/check.cc', 'HEAPBUMP_CHECK(budget_.charge(embedded.bytes.size()));', '', 'limits Limits.AComponent*'],
  [TEXT, 'if (open.size() > kMaxDepth) return', 'if (false) return', 'unit Witx.Bounds*'],
  [TEXT, 'if (++nodes > kMaxNodes) return', 'if (false) return', 'unit Witx.Bounds*'],
  [TEXT, 'if (text_.size() > kMaxTextBytes)', 'if (false)', 'unit Witx.Bounds*'],
  [TYPES, 'if (type->size > kMaxSize) return', 'if (false) return', 'unit Witx.Bounds*'],
  [TYPES, 'if (pointers_in(type->pointers) > kMaxPointers)', 'if (false)', 'unit Witx.Bounds*'],
  [TYPES, 'if (pointer_depth(type->pointers) > kMaxPointerDepth)', 'if (false)', 'unit Witx.Bounds*'],
  [TYPES, 'if (!to.counted && element.is_byte)', 'if (false)', 'unit Witx.TakesTheLength*'],
  [TYPES, 'if (!one.pointers.empty() || !one.trouble.empty())', 'if (false)', 'unit Witx.FollowsPointers*'],
  [DESCRIPTION, 'if (!used && counts(parameters_[i])) counter', 'if (false) counter', 'unit Witx.Refuses*'],
  [DESCRIPTION, 'if (pointers_ > kMostPointers) return', 'if (false) return', 'unit Witx.Bounds*'],
  [DESCRIPTION, 'if (parameters_.size() == kMostParameters)', 'if (false)', 'unit Witx.Bounds*'],
  [DESCRIPTION, 'if (!type->pointers.empty() || type->kind == Kind::list', 'if (type->kind == Kind::list && false', 'unit Witx.Returns*'],
  [ROWS, 'if (offset < begin || offset > element.size', 'if (offset > element.size', 'unit DescribedRecord.Refuses*'],
  [ROWS, '|| element.size - offset < kWord) return', ') return', 'unit DescribedRecord.Refuses*'],
  [ROWS, 'if (count < offset + kWord || count > element.size', 'if (count > element.size', 'unit DescribedRecord.Refuses*'],
  [ROWS, '|| element.size - count < kWord) return', ') return', 'unit DescribedRecord.Refuses*'],
  [ROWS, 'if (size == 0 || size > kMostSize) return', 'if (size > kMostSize) return', 'unit DescribedRecord.Refuses*'],
  [TEMPORARY, 'return renamed_;\n', 'if (renamed_) ::close(::open(target.c_str(), O_WRONLY | O_TRUNC));\n    return renamed_;\n', 'io symbolic link stays'],
  [OUTPUT, 'staged.target = follow_links(path);', 'staged.target = path;', 'io symbolic link stays'],
  [OUTPUT, 'staged.target = follow_links(path);', 'staged.target = path;', 'io chain of links'],
  [OUTPUT, 'if (staged.existed && !S_ISREG(info.st_mode)) {', 'if (staged.existed) {', 'io hard link'],
  [TEMPORARY, 'if (fd_ >= 0 && !renamed_) ::unlink(path_.c_str());', '', 'io file-size limit'],
  [IO, '::signal(SIGXFSZ, SIG_IGN);', '', 'io file-size limit'],
  [TEMPORARY, 'if (slot.state == TemporaryFile::Slot::kExists) ::unlink(slot.path);', 'static_cast<void>(slot);', 'io SIGTERM removes'],
  [IO, '::sigaction(signal, &action, nullptr);', 'static_cast<void>(action);', 'io SIGINT removes'],
  [OUTPUT, 'std::optional(STDOUT_FILENO) : named_descriptor(path);', 'std::optional(STDOUT_FILENO) : std::optional<int>();', 'io where the redirection is'],
  [OUTPUT, 'if (options.binary && ::isatty(fd) == 1)', 'if (false && options.binary)', 'io terminal'],
  [IO, '::sigaction(SIGBUS, &action, nullptr);', '', 'unit MappedFileDeathTest.*'],
  ['src/cli/common.cc', 'HEAPBUMP_CHECK(loaded->file.unchanged());', '', 'io cut while it is read'],
  [IO, 'if (now.st_size != then.st_size) return', 'if (false) return', 'unit MappedFile.has_the_bytes*'],
  [IO, 'if (expected && size != *expected)', 'if (false)', 'io shrinks or grows'],
  [IO, 'if (S_ISDIR(info.st_mode)) return fail(Code::kIoRead, "is a directory");', '', 'io a directory is an error'],
  [OUTPUT, 'if (staged.existed && S_ISDIR(info.st_mode)) return fail(Code::kIoWrite, "is a directory");', '', 'io a directory is an error'],
  [OUTPUT, 'if (staged.existed && ::access(path.c_str(), W_OK) != 0) return', 'if (false) return', 'io read-only target'],
  [OUTPUT, 'const unsigned mode = options.mode.value_or(mode_under_umask());', 'const unsigned mode = mode_under_umask();', 'io input itself as the target'],
  [OUTPUT, 'if (written < 0) return fail(Code::kIoWrite', 'if (written < 0) return {};\n    if (false) return fail(Code::kIoWrite', 'io full is an error'],
  [IO, 'if (size > max_size) return fail(Code::kTooLarge, "the input is larger than the limit of " + std::to_string(max_size) + " bytes (--max-size)");\n  return', 'return', 'io max-size'],
  [IO, 'if (expected && *expected > max_size)', 'if (false)', 'io max-size'],
  [TEMPORARY, 'path_(folder + ".heapbump-XXXXXX.tmp")', 'path_(folder + ".heapbump-one000.tmp")', 'io two runs'],
  [TEMPORARY, 'fd_ = ::mkostemps(path_.data(), 4, O_CLOEXEC);', 'path_ = path_.substr(0, path_.rfind(\'/\') + 1) + ".heapbump-oneone.tmp"; fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);', 'io two runs'],
];

// The guard's text in a file, however the formatter breaks its lines.
const places = (text, guard) => text.match(pattern(guard))?.length ?? 0;
const pattern = (guard) => new RegExp(guard.trim().split(/\s+/)
  .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\(', '\\(\\s*')).join('\\s+'), 'g');

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals: args } = commandLine(import.meta.url, { rows: Boolean, build: String });
if (values.rows) {
  const stale = GUARDS.filter(([file, guard]) => places(fs.readFileSync(path.join(root, file), 'utf8'), guard) !== 1);
  for (const [file, guard] of stale) console.log(`STALE  ${file}: ${guard.trim().split('\n')[0]}`);
  console.log(`${GUARDS.length} guards, ${stale.length} whose text is not there exactly once`);
  process.exit(stale.length === 0 ? 0 : 1);
}
const folder = path.resolve(values.build ?? path.join(root, 'build-guards'));
const rows = GUARDS.filter((row) => args.length === 0 || args.some((word) => row.join(' ').includes(word)));
const [copy, build] = [path.join(folder, 'copy'), path.join(folder, 'build')];

const sh = (command, where, timeout) => spawnSync('sh', ['-c', command], { cwd: where, encoding: 'utf8', timeout: timeout * 1000, killSignal: 'SIGKILL', maxBuffer: 1 << 28 });
const need = (ran, what) => {
  if (ran.status === 0) return;
  console.error(`scripts/guards.mjs: ${what}:\n${ran.stdout}${ran.stderr}`);
  process.exit(2);
};
fs.mkdirSync(folder, { recursive: true });
need(sh(`mkdir -p "${copy}" && git ls-files -z | xargs -0 cp -p --parents -t "${copy}"`, root, 60), 'the tree cannot be copied');
// What an earlier run built last was built without a guard, and is newer than the tree's file.
for (const [file] of GUARDS) fs.utimesSync(path.join(copy, file), new Date(), new Date());
const compiler = spawnSync('ccache', ['--version']).error ? '' : '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache';
need(sh(`cmake -S "${copy}" -B "${build}" -G Ninja -DHEAPBUMP_TESTS=ON -DHEAPBUMP_OFFLINE=ON -DHEAPBUMP_WERROR=OFF ${compiler}`, copy, 120), 'cmake fails');

const PROGRAMS = { malformed: 'malformed/heapbump_malformed', limits: 'limits/heapbump_limits', unit: 'unit/heapbump_unit', verify_test: 'tools/heapbump_verify_test' };
const targetOf = (test) => (test.startsWith('io ') ? 'heapbump_cli' : path.basename(PROGRAMS[test.split(' ')[0]]));
const commandOf = (test) => {
  const words = test.slice(test.indexOf(' ') + 1);
  if (!test.startsWith('io ')) return `"${build}/tests/${PROGRAMS[test.split(' ')[0]]}" --gtest_filter='${words}'`;
  return `HEAPBUMP="${build}/heapbump" FIXTURES="${copy}/tests/fixtures" node --test --test-name-pattern='${words}' "${copy}/tests/io/io_test.mjs"`;
};
// A test that looks for nothing passes whatever happens, so its name must stand for one.
const ranAny = (ran) => /\[ {2}PASSED {2}\] [1-9]|^ok \d+ - (?!.*# SKIP)/m.test(ran.stdout);

need(sh(`cmake --build "${build}" --target ${[...new Set(rows.map((row) => targetOf(row[3])))].join(' ')}`, copy, 3600), 'the copy does not build');
for (const test of new Set(rows.map((row) => row[3]))) {
  const ran = sh(commandOf(test), build, 600);
  if (ran.status !== 0 || !ranAny(ran)) need({ ...ran, status: 1 }, `"${test}" does not pass with all guards in place`);
}

let bad = 0;
for (const [file, guard, without, test] of rows) {
  const name = path.join(copy, file);
  const text = fs.readFileSync(name, 'utf8');
  const say = (verdict) => console.log(`${verdict}  ${file}: ${guard.trim().split('\n')[0]}  [${test}]`);
  if (places(text, guard) !== 1) {
    ++bad;
    say('STALE ');
    continue;
  }
  fs.writeFileSync(name, text.replace(pattern(guard), () => without));
  const built = sh(`cmake --build "${build}" --target ${targetOf(test)}`, copy, 1200);
  if (built.status !== 0) {
    ++bad;
    say('BROKEN');
    console.log(built.stdout.split('\n').filter((line) => line.includes('error')).slice(0, 3).join('\n'));
  } else {
    const ran = sh(commandOf(test), build, 90);
    if (ran.status === 0) ++bad;
    say(ran.status === 0 ? 'PASSES' : 'fails ');
  }
  fs.writeFileSync(name, text);
}
console.log(`${rows.length} guards, ${bad} whose test does not tell`);
process.exit(bad === 0 ? 0 : 1);
