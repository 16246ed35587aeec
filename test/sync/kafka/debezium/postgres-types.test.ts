import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FigError } from '../../../../src/kernel/fig-error.ts';
import type { Change } from '../../../../src/sync/change.ts';
import { describeTable } from '../../../../src/sync/postgres/catalog.ts';
import { MessageOpener } from '../../../../src/sync/kafka/debezium/connect-message.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { decodeRow } from '../../../../src/sync/kafka/debezium/decode-change.ts';
import { readEnvelope } from '../../../../src/sync/kafka/debezium/envelope.ts';
import { decodedTable, RowDecoder } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { ownTypes, type TypeSample, typeSamples } from '../../capture/type-samples.ts';
import { FollowedDatabase } from '../../postgres/followed-database.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';

/** What Debezium cannot send: the code that its message is refused with. */
const refused: Readonly<Record<string, FigError['code']>> = {
  timetz: 'FIG_DEBEZIUM_TYPE',
  varbit: 'FIG_DEBEZIUM_TYPE',
  money: 'FIG_DEBEZIUM_TYPE',
  money_array: 'FIG_DEBEZIUM_TYPE',
  point_array: 'FIG_DEBEZIUM_TYPE',
  mood_array: 'FIG_DEBEZIUM_TYPE',
  place_array: 'FIG_DEBEZIUM_TYPE',
  // Also a null, which may be one with a NaN.
  numeric_array: 'FIG_DEBEZIUM_TYPE',
};
const refusedValues: Readonly<Record<string, FigError['code']>> = {
  'timestamp 294276-12-31 23:59:59.999999': 'FIG_DEBEZIUM_MESSAGE',
  'text_array {{a,b},{c,NULL}}': 'FIG_DEBEZIUM_TYPE',
  'bigint_array {{1,2},{3,4}}': 'FIG_DEBEZIUM_TYPE',
};
/** Without its schema one cannot tell an enum from a type that Debezium sends as bytes. */
const needsSchemas = new Set(['mood', 'mood_array', 'shorter', 'place', 'place_array', 'span']);
/** Refused whatever is in the message, without schemas as well. */
const decidedByType = new Set(['timetz', 'varbit', 'money', 'money_array', 'mood_array', 'place_array']);
/** A null there may stand for a large value that did not change. */
const refusedUpdates: Readonly<Record<string, FigError['code']>> = {
  timestamptz_array: 'FIG_DEBEZIUM_TYPE',
  boolean_array: 'FIG_DEBEZIUM_TYPE',
  regclass_array: 'FIG_DEBEZIUM_TYPE',
  tags: 'FIG_DEBEZIUM_TYPE',
};
/** Nobody can tell that these have lost something. */
const lost: Readonly<Record<string, string>> = { 'bigint_array [2:3]={7,8}': '{7,8}' };

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const connectors = [
  ['with schemas', rightProperties],
  ['without schemas', { ...rightProperties, 'value.converter.schemas.enable': 'false' }],
] as const;

describeWithKafka('values that came through a real Debezium connector for PostgreSQL', () => {
  let followed: FollowedDatabase;
  const running: PostgresConnector[] = [];
  const own = new Map<string, Change[]>();

  beforeAll(async () => {
    const tables = typeSamples.map(({ name, type }) => `CREATE TABLE t_${name} (id int PRIMARY KEY, v ${type});`);
    followed = await FollowedDatabase.create(
      `${ownTypes} CREATE TABLE kinds (id int PRIMARY KEY); ${tables.join('\n')}`,
    );
    for (const [, properties] of connectors) {
      running.push(await PostgresConnector.start(followed.url, 'everything', properties));
    }
    for (const sample of typeSamples) {
      const inserts = sample.values.map(
        (value, i) =>
          `INSERT INTO t_${sample.name} VALUES (${i}, ${literal(value)}::${sample.type.replace(/ COLLATE .*/, '')})`,
      );
      await followed.client.query(
        [
          ...inserts,
          `INSERT INTO t_${sample.name} VALUES (99)`,
          `UPDATE t_${sample.name} SET v = NULL WHERE id = 0`,
          `DELETE FROM t_${sample.name} WHERE id = 0`,
        ].join(';'),
      );
    }
    for (const { changes } of await followed.read()) {
      for (const change of changes) {
        if (change.kind === 'truncate') continue;
        own.set(change.table, [...(own.get(change.table) ?? []), change]);
      }
    }
  }, 240_000);

  afterAll(async () => {
    for (const connector of running) await connector[Symbol.asyncDispose]();
    await followed?.[Symbol.asyncDispose]();
  });

  test.each(connectors.flatMap(([how], i) => typeSamples.map((sample) => [sample.name, how, sample, i] as const)))(
    '%s %s is what our own capture has, or is refused',
    async (name, how, sample, i) => {
      const topic = `public.t_${name}`;
      const expected = own.get(topic)!;
      const messages = await running[i]!.read(topic, expected.length);
      const table = await described(followed.client, topic);
      const decoder = new RowDecoder(table, connectorSettings(connectors[i]![1]));
      const opener = new MessageOpener();
      for (const [n, change] of expected.entries()) {
        const decode = (): Change => {
          const envelope = readEnvelope(opener.open(messages[n]!.value!.toString()), topic);
          return decodeRow(envelope, new Set(messages[n]!.headers.keys()), decoder, topic).change;
        };
        expect(outcome(decode)).toEqual(wanted(sample, n, how, change));
      }
    },
  );
});

/** A change, or the code that it was refused with. */
function outcome(decode: () => Change): Change | string {
  try {
    return decode();
  } catch (error) {
    if (error instanceof FigError) return error.code;
    throw error;
  }
}

/** What has to come out for the n-th change of a type: what our own capture has, as far as Debezium can send it. */
function wanted({ name, values }: TypeSample, n: number, how: string, change: Change): unknown {
  const what = `${name} ${values[n]}`;
  const isUntold = how === 'without schemas' && needsSchemas.has(name);
  if (isUntold) return 'FIG_DEBEZIUM_SETTING';
  // Without schemas only what is there is looked at, and a delete has only the key.
  const isKeyOnly = change.kind === 'delete' && (how === 'without schemas' || name === 'numeric_array');
  const code = refused[name] ?? refusedValues[what] ?? (change.kind === 'update' ? refusedUpdates[name] : undefined);
  if (code !== undefined && !(isKeyOnly && !decidedByType.has(name))) return code;
  const left = lost[what];
  return left === undefined || change.kind !== 'insert' ? change : { ...change, row: { ...change.row, v: left } };
}

async function described(client: Client, name: string): Promise<ConstructorParameters<typeof RowDecoder>[0]> {
  const table = await describeTable(client, name);
  if (!table) throw new FigError('FIG_INTERNAL', `no table ${name}`);
  return decodedTable(table);
}
