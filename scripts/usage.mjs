// What a JavaScript program of scripts/ or tests/ asks first: its first comment is its usage text.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * {values, positionals} of the command line. `options` has for each name what makes its value of the text (String, Number, RegExp,
 * path.resolve), in an array where the option may be given again, or Boolean for one without a value. --help prints the comment and ends
 * with 0; an option that is not known, one of `needs` that is missing, and fewer positionals than `least` end with 2.
 */
export function commandLine(url, options = {}, { needs = [], least = 0 } = {}) {
  const file = fileURLToPath(url);
  const comment = fs.readFileSync(file, 'utf8').replace(/^(#!.*\n)?(\/\/ SPDX.*\n)?/, '').match(/^(\/\/.*\n)*/)[0];
  const text = comment.replace(/^\/\/ ?/gm, '');
  const kinds = Object.entries({ ...options, help: Boolean })
    .map(([name, make]) => [name, { type: make === Boolean ? 'boolean' : 'string', multiple: Array.isArray(make), ...(name === 'help' && { short: 'h' }) }]);
  try {
    const { values, positionals } = parseArgs({ options: Object.fromEntries(kinds), allowPositionals: true });
    if (values.help) {
      process.stdout.write(text);
      process.exit(0);
    }
    const missing = needs.find((name) => values[name] === undefined);
    if (missing) throw new Error(`--${missing} is missing`);
    if (positionals.length < least) throw new Error('a word is missing');
    for (const [name, value] of Object.entries(values)) {
      const make = options[name];
      values[name] = Array.isArray(make) ? value.map((each) => make[0](each)) : make(value);
    }
    return { values, positionals };
  } catch (error) {
    process.stderr.write(`${path.relative(ROOT, file)}: ${error.message}\n\n${text}`);
    process.exit(2);
  }
}
