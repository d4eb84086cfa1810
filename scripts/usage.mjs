// What each JavaScript program of this folder asks first: its first comment is its usage text.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * {values, positionals} of the command line, by parseArgs of node:util. --help prints the script's first comment and ends with 0;
 * an option that is not known, or fewer positionals than `least`, ends with 2.
 */
export function commandLine(url, options = {}, least = 0) {
  const file = fileURLToPath(url);
  const comment = fs.readFileSync(file, 'utf8').replace(/^(#!.*\n)?(\/\/ SPDX.*\n)?/, '').match(/^(\/\/.*\n)*/)[0];
  const text = comment.replace(/^\/\/ ?/gm, '');
  try {
    const { values, positionals } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
    if (values.help) {
      process.stdout.write(text);
      process.exit(0);
    }
    if (positionals.length < least) throw new Error('a word is missing');
    return { values, positionals };
  } catch (error) {
    process.stderr.write(`scripts/${path.basename(file)}: ${error.message}\n\n${text}`);
    process.exit(2);
  }
}
