/** Both sides of a difference; `undefined` is nothing, a function gives the text as it is shown. */
export type Sides = readonly [legacy: unknown, candidate: unknown];

export function raw(text: string): () => string {
  return () => text;
}

/** Name, place, values, sentence, and the rule that is proposed. */
export const knownCauses: [string, { path?: string; kind?: string }, readonly Sides[], string, string | undefined][] = [
  [
    'decimal-as-text',
    {},
    [[12.5, '12.50']],
    'the candidate sends a text where legacy sends the same number',
    "format: { '$.x': 'decimal' }",
  ],
  [
    'decimal-as-text',
    {},
    [['12.50', 12.5]],
    'the candidate sends a number where legacy sends the same one as text',
    "format: { '$.x': 'decimal' }",
  ],
  [
    'floating-point',
    {},
    [[0.3, 0.1 + 0.2]],
    'the sides differ by what binary fractions cannot hold',
    "tolerance: { '$.x': 1e-16 }",
  ],
  [
    'rounding',
    {},
    [
      [1.234, 1.23],
      [2.5, 2.5],
      [0.999, 1],
    ],
    'the candidate rounds to 2 digits after the point',
    "tolerance: { '$.x': 0.005 }",
  ],
  [
    'rounding',
    {},
    [
      [1, 1.4],
      [3, 2.6],
    ],
    'legacy rounds to whole numbers',
    "tolerance: { '$.x': 0.5 }",
  ],
  [
    'last-digit',
    {},
    [
      [1.25, 1.24],
      [7.11, 7.12],
    ],
    'the last digit differs by one: the sides round in different ways, or at different steps',
    "tolerance: { '$.x': 0.01 }",
  ],
  [
    'factor',
    {},
    [
      [1.5, 150],
      [2, 200],
    ],
    "the candidate has 100 times legacy's number: another unit?",
    undefined,
  ],
  [
    'factor',
    {},
    [
      [150, 1.5],
      [2, 0.02],
    ],
    "the candidate has legacy's number divided by 100: another unit?",
    undefined,
  ],
  [
    'factor',
    {},
    [
      [5, -5],
      [-7, 7],
    ],
    'the candidate has the opposite sign',
    undefined,
  ],
  [
    'offset',
    {},
    [
      [1, 0],
      [5, 4],
      [9, 8],
    ],
    "the candidate's number is lower by 1 each time",
    undefined,
  ],
  [
    'lost-digits',
    {},
    [[raw('9007199254740993'), raw('9007199254740992')]],
    'the last digits of a large whole number are lost: it went through a floating-point number',
    undefined,
  ],
  [
    'time-notation',
    {},
    [['2026-01-01T10:00:00Z', '2026-01-01T11:00:00.000+01:00']],
    'the same time is written in another way, or in another zone',
    "format: { '$.x': 'timestamp' }",
  ],
  [
    'time-notation',
    {},
    [['2026-01-01 10:00:00', '2026-01-01T10:00:00Z']],
    'the same time is written in another way, or in another zone',
    undefined,
  ],
  [
    'date-only',
    {},
    [['2026-01-01T10:00:00Z', '2026-01-01']],
    'the candidate has the date without the time of day',
    undefined,
  ],
  [
    'time-digits',
    {},
    [['2026-01-01T10:00:00.734Z', '2026-01-01T10:00:00Z']],
    'one side cuts or rounds times to whole seconds',
    "tolerance: { '$.x': { time: '1s' } }",
  ],
  [
    'time-shift',
    {},
    [
      ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'],
      ['2026-07-01T10:00:00Z', '2026-07-01T12:00:00Z'],
    ],
    "the candidate's times are 1 or 2 h ahead: a time zone is missing or applied twice",
    undefined,
  ],
  [
    'own-clock',
    {},
    [
      ['2026-01-01T10:00:00.1Z', '2026-01-01T10:00:01.3Z'],
      ['2026-01-01T10:01:00Z', '2026-01-01T10:01:00.5Z'],
      ['2026-01-01T10:02:00Z', '2026-01-01T10:02:01.9Z'],
    ],
    'each side writes the time at which it works',
    "tolerance: { '$.x': { time: '2s' } }",
  ],
  [
    'unix-time',
    {},
    [[1_767_261_600, '2026-01-01T10:00:00Z']],
    'one side writes a time as a number since 1970, the other as a date',
    undefined,
  ],
  [
    'null-or-absent',
    { kind: 'missing' },
    [[null, undefined]],
    'one side says null where the other leaves the key out',
    undefined,
  ],
  [
    'null-or-empty',
    { kind: 'type' },
    [
      [null, ''],
      [null, []],
    ],
    'one side says null or nothing where the other has an empty text or list',
    undefined,
  ],
  [
    'default',
    { kind: 'type' },
    [
      [null, 0],
      [null, 0],
    ],
    'the candidate has 0 where legacy has nothing: a default',
    undefined,
  ],
  [
    'default',
    { kind: 'extra' },
    [
      [undefined, 'EUR'],
      [undefined, 'EUR'],
    ],
    'the candidate has "EUR" where legacy has nothing: a default',
    undefined,
  ],
  [
    'always-empty',
    { kind: 'type' },
    [
      ['a', null],
      ['b', null],
    ],
    'it is empty in the candidate: not filled in, or not joined',
    undefined,
  ],
  [
    'always-empty',
    { kind: 'missing' },
    [
      ['a', undefined],
      ['b', undefined],
    ],
    'the candidate does not have it at all',
    undefined,
  ],
  [
    'constant',
    {},
    [
      ['a', 'x'],
      ['b', 'x'],
      ['c', 'x'],
      ['d', 'x'],
    ],
    'the candidate always has "x"',
    undefined,
  ],
  [
    'truth-value',
    { kind: 'type' },
    [
      [true, 1],
      [false, 0],
    ],
    'true and false are written in another way',
    undefined,
  ],
  [
    'letter-case',
    {},
    [['Open', 'open']],
    'only capital and small letters differ',
    "tolerance: { '$.x': { case: true } }",
  ],
  ['white-space', {}, [['a  b ', 'a b']], 'only white space differs: one side trims it or runs it together', undefined],
  [
    'unicode-form',
    {},
    [['\u00e9', 'e\u0301']],
    'the letters are the same in another Unicode form (NFC, NFD)',
    undefined,
  ],
  [
    'html-escaped',
    {},
    [
      ['a & b', 'a &amp; b'],
      ["it's", 'it&#39;s'],
      ['<', '&#x3c;'],
    ],
    'one side escapes characters for HTML, the other does not',
    undefined,
  ],
  ['charset', {}, [['Müller', 'MÃ¼ller']], 'one side reads UTF-8 as Latin-1', undefined],
  [
    'truncated',
    {},
    [
      ['a long text', 'a long'],
      ['another one', 'anothe'],
    ],
    'the candidate cuts texts to 6 characters',
    undefined,
  ],
  [
    'generated',
    {},
    [
      ['f47ac10b-58cc-4372-a567-0e02b2c3d479', '0b1e28ba-2fa1-11d2-883f-0016d3cca427'],
      ['00000000aaaaaaaa1', '00000000aaaaaaaa2'],
      ['0123456789abcdef', 'fedcba9876543210'],
    ],
    'both sides look like ids or tokens that each makes for itself',
    "ignore: ['$.x']",
  ],
  [
    'order',
    { kind: 'order' },
    [
      [
        ['b', 'a'],
        ['a', 'b'],
      ],
    ],
    'the same elements stand in another order: sorted by something else, or not sorted at all',
    "unordered: ['$.x']",
  ],
  [
    'order',
    { kind: 'order' },
    [
      [
        [
          { name: 'x', order_id: 2 },
          { name: 'x', order_id: 1 },
        ],
        [],
      ],
    ],
    'the same elements stand in another order: sorted by something else, or not sorted at all',
    "keyed: { '$.x': 'order_id' }",
  ],
  [
    'other-rows',
    { path: '$.rows[*].id' },
    [
      [1, 7],
      [2, 9],
    ],
    'rows are compared that are not the same: some are missing, too many or in another order',
    "keyed: { '$.rows': 'id' }",
  ],
  [
    'status',
    { path: 'status', kind: 'status' },
    [[200, 404]],
    'the candidate does not find what legacy finds: a row is missing, or a filter leaves it out',
    undefined,
  ],
  [
    'status',
    { path: 'status', kind: 'status' },
    [[404, 200]],
    'the candidate finds what legacy does not: a row was not deleted, or a filter is missing',
    undefined,
  ],
  [
    'timeout',
    { path: 'error timeout', kind: 'error' },
    [[raw('200'), raw('timeout: 2000 ms')]],
    'the candidate took longer than `candidateTimeoutMs`',
    undefined,
  ],
];
