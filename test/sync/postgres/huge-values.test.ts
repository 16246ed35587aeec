import { constants } from 'node:buffer';
import { expect, test } from 'vitest';
import { decodePgoutput } from '../../../src/sync/postgres/decode-pgoutput.ts';

test('a value that is longer than a string may be is refused with the row that has it', () => {
  const length = constants.MAX_STRING_LENGTH + 1;
  const head = Buffer.from([...Buffer.from('I'), 0, 0, 0x40, 1, ...Buffer.from('N'), 0, 3]);
  const key = Buffer.from([...Buffer.from('t'), 0, 0, 0, 2, ...Buffer.from('42'), ...Buffer.from('nt')]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(length);
  const message = Buffer.concat([head, key, size, Buffer.allocUnsafe(length)]);
  expect(() => decodePgoutput(message, false)).toThrow(
    expect.objectContaining({
      code: 'FIG_VALUE_TOO_LARGE',
      message: expect.stringContaining(
        'column 3 of a row that begins with (42, null), of the table that SELECT 16385::regclass names',
      ),
    }),
  );
});
