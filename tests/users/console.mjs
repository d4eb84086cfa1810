// A Markdown page as a session that can be repeated: its `console` blocks are commands after "$ " and what they print, in one folder from
// the first to the last. In what is printed, `...` stands for anything in a line, and alone on a line for any lines. A command that has to
// fail says so by a comment, `# exit code N`.
import { spawnSync } from 'node:child_process';

/** [{language, text, named: what is the last `code` of the text before it}] of the fenced blocks, also those of a list. */
export function blocks(page) {
  return [...page.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(({ 1: indent, 2: language, 3: text, index }) => ({
    language,
    text: text.replace(new RegExp(`^${indent}`, 'gm'), ''),
    named: page.slice(0, index).match(/`([^`\n]+)`[^`]*$/)?.[1],
  }));
}

/** [{command, exitCode, expected}] of a `console` block. */
export const steps = (text) => text.split(/^\$ /m).slice(1).map((step) => {
  const [command, ...lines] = step.replace(/\n$/, '').split('\n');
  return { command, exitCode: Number(/# exit code (\d+)\b/.exec(command)?.[1] ?? 0), expected: lines.join('\n') };
});

/** Whether that is what was expected. */
export function isLike(seen, expected) {
  const trimmed = (text) => text.replace(/[ \t]+$/gm, '').replace(/\n+$/, '');
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = trimmed(expected).split('\n').map((line) => (line.trim() === '...' ? '(?:.*\n)*?' : `${line.split('...').map(escaped).join('.*')}\n`)).join('');
  return new RegExp(`^${expected === '' ? '' : pattern}$`).test(trimmed(seen) === '' ? '' : `${trimmed(seen)}\n`);
}

/** What differs in one step, or nothing. */
export function failure({ command, exitCode, expected }, cwd, env) {
  const { status, signal, stdout } = spawnSync('/bin/sh', ['-c', `exec 2>&1\n${command}`], { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  const code = signal ? 128 : status;
  return code === exitCode && isLike(stdout, expected) ? undefined : `$ ${command}\n${stdout}(exit code ${code}${signal ? `, ${signal}` : ''})\nthe page has:\n${expected}`;
}
