import * as fc from 'fast-check';

/** Texts of few letters that meet often, repeated keys and what is no JSON among them. */
export const meetingTexts: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(
      '0',
      '1',
      '1.0',
      '10',
      '1e1',
      '-0',
      '"1"',
      '"a"',
      String.raw`"\u0061"`,
      '""',
      'null',
      'true',
      '01',
      String.raw`"\x"`,
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(' ,')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('"a"', '"b"', '"id"', String.raw`"\u0061"`, '""', '"__proto__"'), tie('value')), {
        maxLength: 4,
      })
      .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(', ')}}`),
  ),
})).value;
