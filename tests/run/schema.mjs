// Validates JSON against the schemas in schemas/, with as much of JSON Schema 2020-12 as they use.
//
// Invariant: a keyword that is not known here is an error, never passed over. tests/real/schema_test.mjs holds this
// against ajv on the same objects.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCHEMAS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../schemas');
export const schema = (name) => JSON.parse(fs.readFileSync(path.join(SCHEMAS, `${name}.schema.json`), 'utf8'));

const TYPES = {
  null: (v) => v === null, boolean: (v) => typeof v === 'boolean', string: (v) => typeof v === 'string',
  number: (v) => typeof v === 'number', integer: (v) => Number.isInteger(v), array: (v) => Array.isArray(v),
  object: (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
};
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const fits = (schema, value, root) => errors(schema, value, root, '').length === 0;

const KEYWORDS = {
  $schema: () => [], $id: () => [], $defs: () => [], $comment: () => [], title: () => [], description: () => [],
  $ref: (reference, value, root, at) => {
    assert.ok(reference.startsWith('#/'), `only local references are known, not ${reference}`);
    return errors(reference.slice(2).split('/').reduce((object, key) => object[key], root), value, root, at);
  },
  type: (types, value) => ([types].flat().some((type) => TYPES[type](value)) ? [] : [`is not of type ${types}`]),
  const: (wanted, value) => (same(wanted, value) ? [] : [`is not ${JSON.stringify(wanted)}`]),
  enum: (list, value) => (list.some((wanted) => same(wanted, value)) ? [] : [`is none of ${JSON.stringify(list)}`]),
  minimum: (least, value) => (typeof value !== 'number' || value >= least ? [] : [`is below ${least}`]),
  maximum: (most, value) => (typeof value !== 'number' || value <= most ? [] : [`is above ${most}`]),
  multipleOf: (unit, value) => (typeof value !== 'number' || value % unit === 0 ? [] : [`is no multiple of ${unit}`]),
  minLength: (least, value) => (typeof value !== 'string' || value.length >= least ? [] : ['is too short']),
  pattern: (pattern, value) => (typeof value !== 'string' || new RegExp(pattern, 'u').test(value) ? [] : [`does not match ${pattern}`]),
  minItems: (least, value) => (!Array.isArray(value) || value.length >= least ? [] : ['has too few items']),
  maxItems: (most, value) => (!Array.isArray(value) || value.length <= most ? [] : ['has too many items']),
  uniqueItems: (wanted, value) => (!wanted || !Array.isArray(value) || new Set(value.map((v) => JSON.stringify(v))).size === value.length ? [] : ['repeats an item']),
  items: (item, value, root, at) => (Array.isArray(value) ? value.flatMap((v, i) => errors(item, v, root, `${at}/${i}`)) : []),
  required: (names, value) => (TYPES.object(value) ? names.filter((name) => !(name in value)).map((name) => `has no "${name}"`) : []),
  properties: (properties, value, root, at) => (TYPES.object(value) ? Object.keys(properties).filter((name) => name in value)
    .flatMap((name) => errors(properties[name], value[name], root, `${at}/${name}`)) : []),
  additionalProperties: (allowed, value, root, at, schema) => (TYPES.object(value) ? Object.keys(value)
    .filter((name) => !(name in (schema.properties ?? {})))
    .flatMap((name) => (allowed === false ? [`has an unknown "${name}"`] : errors(allowed, value[name], root, `${at}/${name}`))) : []),
  anyOf: (options, value, root) => (options.some((option) => fits(option, value, root)) ? [] : ['fits none of the ways allowed']),
  oneOf: (options, value, root) => (options.filter((option) => fits(option, value, root)).length === 1 ? [] : ['does not fit exactly one way']),
  allOf: (options, value, root, at) => options.flatMap((option) => errors(option, value, root, at)),
};

// -> what is wrong, as sentences with a JSON pointer; empty when the value is valid.
export function errors(schema, value, root = schema, at = '') {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    assert.ok(keyword in KEYWORDS, `unknown schema keyword "${keyword}"`);
    return KEYWORDS[keyword](argument, value, root, at, schema).map((text) => (text.startsWith('/') ? text : `${at || '/'} ${text}`));
  });
}

// Fails unless `value` is valid by schemas/NAME.schema.json.
export function assertValid(name, value) {
  assert.deepEqual(errors(schema(name), value), [], `not valid by ${name}.schema.json`);
}
