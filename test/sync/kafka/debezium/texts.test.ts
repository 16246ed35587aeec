import { Client } from 'pg';
import { expect, inject, test } from 'vitest';
import { sessionOptions, textTypes } from '../../../../src/sync/postgres/session-settings.ts';
import { arrayText } from '../../../../src/sync/kafka/debezium/text/array-text.ts';
import { bitsText } from '../../../../src/sync/kafka/debezium/text/bits-text.ts';
import { decimalText } from '../../../../src/sync/kafka/debezium/text/decimal-text.ts';
import { doubleText, realText } from '../../../../src/sync/kafka/debezium/text/float-text.ts';
import { hstoreText } from '../../../../src/sync/kafka/debezium/text/hstore-text.ts';
import { intervalText } from '../../../../src/sync/kafka/debezium/text/interval-text.ts';
import { dateText, timestampText, timeText } from '../../../../src/sync/kafka/debezium/text/time-text.ts';

/** What the real server prints for values that it makes of texts itself. */
async function printed(type: string, inputs: readonly string[]): Promise<readonly string[]> {
  const client = new Client({ connectionString: inject('postgresUrl'), options: sessionOptions(), types: textTypes });
  await client.connect();
  try {
    const sql = `SELECT v::${type} AS text FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n`;
    return (await client.query<{ text: string }>(sql, [inputs])).rows.map(({ text }) => text);
  } finally {
    await client.end();
  }
}

const decimal = (base64: string, scale: number): string => decimalText(Buffer.from(base64, 'base64'), scale);
const spread = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
/** Bits that jump about, the same ones in every run. */
const bits = (i: number): number => Math.imul(i + 1, 0x9e3779b1) >>> 0;

test('doubles are printed as PostgreSQL prints them', async () => {
  const view = new DataView(new ArrayBuffer(8));
  const random = spread(5_000).map((i) => {
    view.setUint32(0, bits(i));
    view.setUint32(4, bits(i + 70_000));
    return view.getFloat64(0);
  });
  const powers = spread(2_098).map((i) => 2 ** (i - 1074));
  const edges = [0, -0, 0.1, 1e14, 1e15, 123456789012345, 1234567890123456, 1e-4, 1e-5, NaN, Infinity, -Infinity];
  const values = [...random, ...powers, ...edges, ...spread(40).map((i) => 10 ** (i - 20))];
  const inputs = values.map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  expect(values.map(doubleText)).toEqual(await printed('double precision', inputs));
});

test('reals are printed as PostgreSQL prints them, also at every power of two', async () => {
  const view = new DataView(new ArrayBuffer(4));
  const random = spread(20_000).map((i) => {
    view.setUint32(0, bits(i));
    return view.getFloat32(0);
  });
  const powers = spread(277).map((i) => Math.fround(2 ** (i - 149)));
  const values = [...random, ...powers, ...powers.map((value) => -value), 16777217, 999999, 1e6, 100000, 0.1];
  const inputs = values.map((value) => String(Math.fround(value)));
  expect(values.map(realText)).toEqual(await printed('real', inputs));
});

test('dates and times are printed as PostgreSQL prints them, before Christ as well', async () => {
  const days = spread(3_000).map((i) => -2_440_588 + i * 715_000);
  const dates = await printed('date', days.map(dateInput));
  expect(days.map(dateText)).toEqual(dates);
  const micros = spread(2_000).map((i) => BigInt(i) * 4_500_000_000_000_777n - 210_866_803_200_000_000n);
  const timestamps = micros.map(timestampText);
  expect(timestamps).toEqual(await printed('timestamp', timestamps));
  expect(await fromEpoch(micros)).toEqual(timestamps);
  expect([0n, 86_399_999_999n, 86_400_000_000n, 100n].map(timeText)).toEqual(
    await printed('time', ['00:00', '23:59:59.999999', '24:00', '00:00:00.0001']),
  );
});

/** The day counted from the Julian day, which PostgreSQL reads. */
function dateInput(day: number): string {
  return `J${day + 2_440_588}`;
}

async function fromEpoch(micros: readonly bigint[]): Promise<readonly string[]> {
  const client = new Client({ connectionString: inject('postgresUrl'), options: sessionOptions(), types: textTypes });
  await client.connect();
  try {
    // In two steps: a double does not hold all of it.
    const sql = `SELECT timestamp '1970-01-01' + make_interval(days => (v / 86400000000)::int)
                   + (v % 86400000000) * interval '1 microsecond' AS text
                   FROM unnest($1::bigint[]) WITH ORDINALITY AS u(v, n) ORDER BY n`;
    const { rows } = await client.query<{ text: string }>(sql, [micros.map(String)]);
    return rows.map(({ text }) => text);
  } finally {
    await client.end();
  }
}

test('intervals are printed as PostgreSQL prints them', async () => {
  const isos = spread(3_000).map((i) => {
    const sign = bits(i + 9) % 2 === 0 ? '' : '-';
    const yearSign = bits(i + 5) % 2 === 0 ? '' : '-';
    const part = (n: number, most: number): number => (bits(i * 7 + n) % 3 === 0 ? 0 : bits(i * 7 + n + 1) % most);
    const fraction = part(5, 2) === 0 ? '' : `.${String(bits(i) % 1_000_000).padStart(6, '0')}`;
    const days = part(2, 900) - 450;
    return `P${yearSign}${part(0, 50)}Y${yearSign}${part(1, 12)}M${days}DT${sign}${part(3, 90)}H${sign}${part(4, 60)}M${sign}${part(6, 60)}${fraction}S`;
  });
  expect(isos.map(intervalText)).toEqual(await printed('interval', isos));
  expect(intervalText('3 days')).toBeUndefined();
});

test('arrays, hstores, bits and decimals are printed as PostgreSQL prints them', async () => {
  const elements = ['', null, 'NULL', 'null', 'a,b', '{}', 'q"uote', 'back\\slash', ' sp ', 'tab\t', '\u00a0', 'plain'];
  const array = arrayText(elements);
  expect(await printed('text[]', [array])).toEqual([array]);
  expect(arrayText([['a'], ['b c', null] as const])).toBe('{{a},{"b c",NULL}}');
  expect(
    hstoreText([
      ['b', null],
      ['q"x', '\\'],
      ['aa', 'é'],
      ['a', '1'],
    ]),
  ).toBe(String.raw`"a"=>"1", "b"=>NULL, "aa"=>"é", "q\"x"=>"\\"`);
  expect(bitsText(Buffer.from([0b0001_0101]), 5)).toBe('10101');
  expect(bitsText(Buffer.from([0x01, 0x80]), 17)).toBe('01000000000000001');
  expect(bitsText(Buffer.alloc(0), 3)).toBe('000');
  expect(['ANw=', '3A==', 'AA==', ''].map((each) => decimal(each, 2))).toEqual(['2.20', '-0.36', '0.00', '0.00']);
  expect([decimal('AQ==', 0), decimal('AQ==', -3)]).toEqual(['1', '1000']);
});
