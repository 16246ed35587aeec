import deepDiff from 'deep-diff';
import jsonPatch from 'fast-json-patch';
import { diff as jsonDiffTs } from 'json-diff-ts';
import { create } from 'jsondiffpatch';
import microdiff from 'microdiff';
import { AnswerComparer } from '../../dist/shadow/compare-answers.js';
import { createRedactor } from '../../dist/shadow/redact.js';
import { normalizeCompareRules } from '../../dist/src/config/normalize-compare-rules.js';

/**
 * Each takes two bodies as they come from the wire and says how many differences it lists. Where rows are known by their
 * id, those that can be told so are told. Ours stops listing at 50.
 */
export const differs = [
  { name: 'ours', open: openOurs },
  { name: 'deep-diff', open: () => parsed((a, b) => (deepDiff(a, b) ?? []).length) },
  { name: 'jsondiffpatch', open: openJsonDiffPatch },
  { name: 'microdiff', open: () => parsed((a, b) => microdiff(a, b).length) },
  { name: 'fast-json-patch', open: () => parsed((a, b) => jsonPatch.compare(a, b).length) },
  { name: 'json-diff-ts', open: openJsonDiffTs },
];

/** `isKeyed`: rows are known by their id. */
export function ourComparer(isKeyed) {
  const keyed = isKeyed ? { '$.rows': 'id' } : {};
  return new AnswerComparer(normalizeCompareRules({ keyed }), createRedactor(Buffer.from('a key for benchmarks')));
}

/** An answer that has not been compared before. */
export function answerOf(body) {
  return { status: 200, headers: ['Content-Type', 'application/json'], body };
}

function openOurs({ isKeyed }) {
  const comparer = ourComparer(isKeyed);
  return (legacy, candidate) => {
    const compared = comparer.compare(answerOf(legacy), answerOf(candidate));
    if (compared.outcome === 'undetermined') throw new Error(compared.reason);
    return compared.outcome === 'equal' ? 0 : compared.differences.length;
  };
}

function parsed(count) {
  return (legacy, candidate) => count(JSON.parse(legacy.toString()), JSON.parse(candidate.toString()));
}

function openJsonDiffPatch({ isKeyed }) {
  const patcher = create(isKeyed ? { objectHash: (row) => row.id, arrays: { detectMove: false } } : {});
  return parsed((a, b) => leavesOf(patcher.diff(a, b)));
}

/** Its delta is a tree: leaves are arrays, `_t` marks an array's node. */
function leavesOf(delta) {
  if (delta === undefined) return 0;
  if (Array.isArray(delta)) return 1;
  return Object.entries(delta).reduce((sum, [key, below]) => sum + (key === '_t' ? 0 : leavesOf(below)), 0);
}

function openJsonDiffTs({ isKeyed }) {
  const options = isKeyed ? { embeddedObjKeys: { rows: 'id' } } : {};
  return parsed((a, b) => changesOf(jsonDiffTs(a, b, options)));
}

function changesOf(changes) {
  return changes.reduce((sum, change) => sum + (change.changes ? changesOf(change.changes) : 1), 0);
}
