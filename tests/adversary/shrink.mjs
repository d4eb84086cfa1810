// Makes a program that fails smaller: features go, parameters and the build become plain, as long as it fails the same way.
import { ALLOCATORS } from './allocators.mjs';
import { plainBuild, plainParameters, settle } from './program.mjs';

const clone = (value) => JSON.parse(JSON.stringify(value));

// Every description that is one step plainer.
function* plainer(spec) {
  for (const name of spec.features) yield { ...clone(spec), features: spec.features.filter((other) => other !== name) };
  const plain = plainParameters(spec.allocator);
  for (const axis of Object.keys(spec.parameters)) if (spec.parameters[axis] !== plain[axis]) yield { ...clone(spec), parameters: { ...spec.parameters, [axis]: plain[axis] } };
  const build = plainBuild();
  for (const axis of Object.keys(spec.build)) if (spec.build[axis] !== build[axis]) yield { ...clone(spec), build: { ...spec.build, [axis]: build[axis] } };
  for (const name of ['snapshot', 'ballast', 'inline', 'indirect', 'max', 'initial']) if (spec[name]) yield { ...clone(spec), [name]: undefined };
  if (spec.simd === 'yes') yield { ...clone(spec), simd: undefined };
  if (spec.language && spec.language !== 'c') yield { ...clone(spec), language: 'c' };
  if (spec.scale > 1) yield { ...clone(spec), scale: 1 };
  if (spec.work !== 'fill' && !ALLOCATORS[spec.allocator].moving) yield { ...clone(spec), work: 'fill' };
}

// fails: async (spec) => true while the failure is still there. At most `attempts` programs are tried.
export async function shrink(spec, fails, attempts = 80) {
  let best = spec;
  for (let again = true; again && attempts > 0; ) {
    again = false;
    for (const candidate of plainer(best)) {
      if (attempts-- <= 0) break;
      const tried = settle(candidate);
      if (JSON.stringify(tried) === JSON.stringify(best) || !(await fails(tried))) continue;
      best = tried;
      again = true;
      break;
    }
  }
  return best;
}
