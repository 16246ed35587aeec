import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingParts, excerpt, spread, type ExcerptSide } from '../../src/admin/page/excerpt.js';

const textOf = (side: ExcerptSide | undefined): string => (side ? side.before + side.differs + side.after : '');

const lines = (text: string): string =>
  spread(text)
    .map((line) => line.trim())
    .join('');

describe('two values beside each other', () => {
  it('are one row when they are no JSON of several lines', () => {
    expect(excerpt('129.90', '149.90')).toEqual([
      {
        isEqual: false,
        legacy: { before: '1', differs: '2', after: '9.90' },
        candidate: { before: '1', differs: '4', after: '9.90' },
      },
    ]);
  });

  it('leave the side empty that has nothing', () => {
    expect(excerpt('"x"', undefined)).toEqual([
      { isEqual: false, legacy: { before: '', differs: '"x"', after: '' }, candidate: undefined },
    ]);
    expect(excerpt(undefined, undefined)).toEqual([]);
  });

  it('are spread over lines without being parsed, so that large numbers and a cut end stay as they are', () => {
    expect(spread('{"a":[1,{"b":90071992547409931}],"c":{},"d":"{,}\\"…')).toEqual([
      '{',
      '  "a":[',
      '    1,',
      '    {',
      '      "b":90071992547409931',
      '    }',
      '  ],',
      '  "c":{},',
      '  "d":"{,}\\"…',
    ]);
  });

  it('cut no character in two that one sees as one', () => {
    const [left, right] = differingParts('a👩‍👩‍👧b', 'a👩‍👩‍👦b');
    expect([left.differs, right.differs]).toEqual(['👩‍👩‍👧', '👩‍👩‍👦']);
  });

  it('lose nothing of either side, whatever they are', () => {
    const value = fc.oneof(fc.json({ maxDepth: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(value, value, (legacy, candidate) => {
        const rows = excerpt(legacy, candidate);
        const glued = (side: 'legacy' | 'candidate'): string => rows.map((row) => textOf(row[side]).trim()).join('');
        expect(glued('legacy')).toBe(lines(legacy));
        expect(glued('candidate')).toBe(lines(candidate));
        const equal = rows.filter(({ isEqual }) => isEqual);
        expect(equal.map(({ legacy: one }) => textOf(one))).toEqual(equal.map(({ candidate: other }) => textOf(other)));
      }),
      { numRuns: 40 },
    );
  });

  it('are equal in every row when they are equal', () => {
    fc.assert(fc.property(fc.json(), (text) => excerpt(text, text).every(({ isEqual }) => isEqual)));
  });
});
