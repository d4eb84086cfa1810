// The command line as a person meets it: what is mistyped is guessed, help fits the terminal and has an example a verb,
// manual pages and completions are made from the options that there are and miss none.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const { HEAPBUMP, SOURCE } = process.env;
const GO = path.join(SOURCE, 'tests/fixtures/go/busy-go1.26.wasm');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-terminal-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

function run(args, { columns, env = {}, input } = {}) {
  const { NO_COLOR, COLUMNS, LC_ALL, LANG, ...rest } = process.env;
  return spawnSync(HEAPBUMP, args, { encoding: 'utf8', input, env: { ...rest, ...(columns ? { COLUMNS: String(columns) } : {}), ...env } });
}
const there = (tool) => spawnSync(tool, ['--version'], { encoding: 'utf8' }).error === undefined;
const needs = (tool) => (there(tool) ? {} : { skip: `${tool} is not installed` });

const VERBS = [...run(['help']).stdout.split('\nVerbs:\n')[1].split('\n\n')[0].matchAll(/^ {2}([a-z]+)/gm)].map(([, verb]) => verb);

/** The options of a verb, as its help lists them. */
const optionsOf = (verb) => [...run(['help', verb], { columns: 100 }).stdout.matchAll(/^ {2}( {4}|-\w, )?(--[a-z][a-z-]*)/gm)].map(([, , name]) => name);
const GENERAL = [...run(['help'], { columns: 100 }).stdout.split('Options of every verb:')[1].matchAll(/^ {2}( {4}|-\w, )?(--[a-z][a-z-]*)/gm)].map(([, , name]) => name);

test('the verbs of the design are there', () => {
  for (const verb of ['detect', 'reserve', 'place', 'verify', 'undo', 'check', 'map', 'component', 'detectors', 'rules', 'explain', 'completion', 'help']) {
    assert.ok(VERBS.includes(verb), verb);
  }
});

test('a mistyped verb or option gets the one that was meant', () => {
  for (const [args, meant] of [[['reserv', 'x'], 'reserve'], [['dtect', 'x'], 'detect'], [['verfiy'], 'verify'], [['comp'], undefined],
    [['reserve', 'x', '--manifst', 'y'], '--manifest'], [['detect', '--jsno', 'x'], '--json'], [['--colour=never', 'detect', 'x'], '--color'],
    [['reserve', 'x', '-o', 'y', '--dryrun'], '--dry-run'], [['help', 'resrve'], 'reserve']]) {
    const { status, stderr } = run(args);
    assert.equal(status, 2, args.join(' '));
    if (meant) assert.match(stderr, new RegExp(`did you mean \`${meant}\`\\?`), stderr);
  }
  const { stderr } = run(['zzzzzz']);
  assert.doesNotMatch(stderr, /did you mean/);
  assert.match(stderr, /there is no verb `zzzzzz`/);
});

test('help, -h and --help are the same, for the program and for each verb', () => {
  assert.equal(run(['help']).stdout, run(['--help']).stdout);
  assert.equal(run(['-h']).stdout, run(['--help']).stdout);
  for (const verb of VERBS) {
    const { stdout, status } = run(['help', verb]);
    assert.equal(status, 0);
    assert.equal(stdout, run([verb, '--help']).stdout, verb);
    assert.match(stdout, /^Usage: heapbump /m);
    assert.match(stdout, /^Examples?:\n {2}\$ heapbump /m, `${verb} has no example`);
    assert.match(stdout, new RegExp(`\\$ heapbump ${verb}`), verb);
  }
});

test('the help of a verb has its own examples alone, and says nothing twice', () => {
  const known = new Set(VERBS);
  for (const words of [...VERBS.map((verb) => [verb]), ['audit', 'convert'], ['audit', 'merge']]) {
    const { stdout, status } = run(['help', ...words], { columns: 200 });
    assert.equal(status, 0, words.join(' '));
    assert.equal(stdout, run([...words, '--help'], { columns: 200 }).stdout);
    assert.match(stdout, new RegExp(`^Usage: heapbump ${words.join(' ')}`, 'm'));
    assert.equal(stdout.split(/^Examples?:$/m).length, 2, stdout);
    for (const [, verb] of stdout.matchAll(/^ {2}\$ .*?heapbump ([a-z]+)/gm)) assert.ok(verb === words[0] && known.has(verb), `${words}: an example of ${verb}`);
    assert.doesNotMatch(stdout, /\bTEXT\b|\bFLOAT\b/, stdout);
    // Words that occur twice side by side; a sentence that is there twice; choices after a text that has them.
    const text = stdout.replace(/\s+/g, ' ');
    assert.doesNotMatch(text, /\b([A-Za-z]{2,}) \1\b|may be given several times; may be|refused, malformed or new/, text.match(/.{30}\b([A-Za-z]{2,}) \1\b.{10}/)?.[0]);
  }
  assert.match(run(['help', 'audit']).stdout, /audit convert[^]*audit merge/);
});

test('help fits the terminal', () => {
  for (const columns of [50, 72, 80, 100, 180]) {
    for (const args of [['help'], ...VERBS.map((verb) => ['help', verb])]) {
      for (const line of run(args, { columns }).stdout.split('\n')) {
        // A word that is longer than a line, such as a command of an example, cannot be broken.
        const longest = Math.max(...line.split(' ').map((word) => word.length));
        assert.ok(line.length <= Math.max(columns, longest + 24), `${args.join(' ')} at ${columns}: ${line}`);
      }
    }
  }
});

test('-V and --version say the version, -q leaves errors alone', () => {
  assert.match(run(['-V']).stdout, /^heapbump \d+\.\d+\.\d+\nLicence: Apache-2\.0 WITH LLVM-exception\n$/);
  assert.equal(run(['--version']).stdout, run(['-V']).stdout);
  const out = path.join(folder, 'out.wasm');
  assert.equal(run(['-q', 'reserve', GO, '-o', out]).stderr, '');
  assert.equal(run(['reserve', GO, '-o', out, '--quiet']).stderr, '');
  assert.match(run(['reserve', GO, '-o', out]).stderr, /reserved 2 pages/);
  assert.match(run(['-q', 'detect', path.join(folder, 'missing')]).stderr, /error: .*\[HB0101\]/);
});

test('sizes are written as people write them', () => {
  const size = fs.statSync(GO).size;
  for (const [limit, code] of [['1K', 4], ['2M', 4], ['3m', 0], ['3MiB', 0], ['3MB', 0], ['1G', 0], [String(size), 0], [String(size - 1), 4]]) {
    assert.equal(run(['--max-size', limit, 'detect', GO]).status, code, limit);
  }
  for (const wrong of ['', 'G', '1X', '1Gi', '-1', '1.5G', '99999999999G', '1 G']) {
    const { status, stderr } = run(['--max-size', wrong, 'detect', GO]);
    assert.equal(status, 2, `${wrong}: ${stderr}`);
  }
});

test('detect begins with a verdict; evidence and sites come with -v', () => {
  const short = run(['detect', GO]).stdout.split('\n');
  assert.match(short[0], /can be reserved: the heap moves up from 0x170000 to 0x190000, which leaves 2 pages at 0x170000 \(bump, proven\); as a component it takes the command adapter, in the region$/);
  assert.ok(short.some((line) => /^imports +\d+ from wasi_snapshot_preview1$/.test(line)) && short.some((line) => /^memory +38 pages/.test(line)));
  assert.ok(!short.some((line) => /^(evidence|site) /.test(line)));
  const long = run(['detect', GO, '-v']).stdout.split('\n');
  assert.ok(long.filter((line) => line.startsWith('evidence ')).length > 3 && long.some((line) => line.startsWith('site ')));
});

test('explain says for each code what it means and what to do', () => {
  const listed = [...run(['explain']).stdout.matchAll(/^(HB\d{4}) {2}\S/gm)].map(([, code]) => code);
  assert.ok(listed.length > 60);
  for (const code of listed) {
    const { stdout, status } = run(['explain', code.toLowerCase()], { columns: 100 });
    assert.equal(status, 0);
    const [head, exit, , ...rest] = stdout.split('\n');
    assert.ok(head.startsWith(`${code}: `) && exit === `exit code ${code[3]}`, head);
    assert.match(rest.join('\n'), /\S.*\n\nWhat to do: \S/s, code);
  }
  assert.equal(run(['explain', '504']).stdout, run(['explain', 'HB0504']).stdout);
  assert.match(run(['explain', 'HB0540']).stderr, /did you mean HB05/);
});

test('colours are used where they are asked for, and nowhere else', () => {
  const coloured = /\u001b\[/;
  assert.doesNotMatch(run(['map', GO]).stdout, coloured);
  assert.match(run(['map', GO, '--color', 'always']).stdout, coloured);
  assert.match(run(['map', GO, '--color=always'], { env: { NO_COLOR: '1' } }).stdout, coloured);
  assert.match(run(['detect', 'missing', '--color=always']).stderr, coloured);
  assert.doesNotMatch(run(['detect', 'missing', '--color=never']).stderr, coloured);
});

const scripts = Object.fromEntries(['bash', 'zsh', 'fish'].map((shell) => [shell, run(['completion', shell]).stdout]));

test('each completion script knows every verb and every option', () => {
  for (const verb of VERBS) {
    const options = optionsOf(verb);
    if (!['help', 'completion', 'detectors', 'explain', 'rules'].includes(verb)) assert.ok(options.length > 0, verb);
    for (const option of [...options, ...GENERAL]) {
      const bash = scripts.bash.split(`    ${verb})\n`)[1].split(';;')[0];
      assert.ok(bash.split(/[' ]/).includes(option), `bash: ${verb} ${option}`);
      const zsh = scripts.zsh.split(`      ${verb}) _arguments`)[1].split('return ;;')[0];
      assert.match(zsh, new RegExp(`'${option}[=[]`), `zsh: ${verb} ${option}`);
      const fish = scripts.fish.split('\n').filter((line) => GENERAL.includes(option) || line.includes(`_from ${verb}'`));
      assert.ok(fish.some((line) => line.includes(` -l ${option.slice(2)} `)), `fish: ${verb} ${option}`);
    }
  }
});

function bashCompletes(...words) {
  const script = `${scripts.bash}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _heapbump; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n');
}

test('bash completes verbs, options, their words and files', () => {
  fs.writeFileSync(path.join(folder, 'module.wasm'), '');
  assert.deepEqual(bashCompletes('heapbump', 'res'), ['reserve']);
  assert.deepEqual(bashCompletes('heapbump', 'reserve', '--strat'), ['--strategy']);
  assert.deepEqual(bashCompletes('heapbump', 'reserve', 'x', '--strategy', '').sort(), ['auto', 'bump', 'gap', 'tail']);
  assert.deepEqual(bashCompletes('heapbump', '--color', 'al'), ['always']);
  assert.deepEqual(bashCompletes('heapbump', 'reserve', 'mod'), ['module.wasm']);
  assert.deepEqual(bashCompletes('heapbump', 'audit', 'm').sort(), ['merge', 'module.wasm']);
  assert.deepEqual(bashCompletes('heapbump', 'audit', 'convert', '--to', 'h'), ['html']);
  assert.deepEqual(bashCompletes('heapbump', 'completion', 'z'), ['zsh']);
  assert.deepEqual(bashCompletes('heapbump', 'help', 'und'), ['undo']);
});

test('zsh takes its script', needs('zsh'), () => {
  const file = path.join(folder, '_heapbump');
  fs.writeFileSync(file, scripts.zsh);
  execFileSync('zsh', ['-n', file]);
  const known = execFileSync('zsh', ['-fc', `autoload -U compinit; compinit -D -u; source ${file}; print $_comps[heapbump]`], { encoding: 'utf8' });
  assert.equal(known.trim(), '_heapbump');
});

test('fish completes verbs, options and their words', needs('fish'), () => {
  const file = path.join(folder, 'heapbump.fish');
  fs.writeFileSync(file, scripts.fish);
  const completes = (line) => execFileSync('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], { encoding: 'utf8' })
    .trim().split('\n').map((row) => row.split('\t')[0]);
  assert.deepEqual(completes('heapbump res'), ['reserve']);
  assert.deepEqual(completes('heapbump reserve --strateg'), ['--strategy']);
  assert.deepEqual(completes('heapbump reserve --strategy ').sort(), ['auto', 'bump', 'gap', 'tail']);
  assert.deepEqual(completes('heapbump completion z'), ['zsh']);
});

const PAGES = [[], ...VERBS.map((verb) => [verb])].map((verb) => {
  const file = path.join(folder, `${['heapbump', ...verb].join('-')}.1`);
  fs.writeFileSync(file, run(['help', '--man', ...verb]).stdout);
  return { verb: verb[0], file };
});

test('each manual page names all options and has an example', () => {
  for (const { verb, file } of PAGES) {
    const page = fs.readFileSync(file, 'utf8').replaceAll('\\-', '-');
    for (const option of verb ? [...optionsOf(verb), ...GENERAL] : GENERAL) assert.ok(page.includes(option), `${file}: ${option}`);
    assert.match(page, /^\$ heapbump /m, file);
  }
});

test('man formats every page without a warning', needs('man'), () => {
  for (const { file } of PAGES) {
    const { stderr, stdout, status } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', file], { encoding: 'utf8', env: { ...process.env, MANWIDTH: '80', MANROFFOPT: '', LC_ALL: 'C.UTF-8' } });
    assert.equal(stderr, '', file);
    assert.equal(status, 0);
    assert.match(stdout.replace(/.\x08/g, ''), /SYNOPSIS/);
  }
});

test('mandoc finds nothing in any page', needs('mandoc'), () => {
  for (const { file } of PAGES) {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-Wwarning', file], { encoding: 'utf8' });
    // The date is left out so that a page is the same on any day.
    assert.deepEqual(stdout.split('\n').filter((line) => line && !/missing date/.test(line)), [], file);
  }
});
