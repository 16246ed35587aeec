import { expect, test } from 'vitest';
import type { Change, SentRow } from '../../../src/sync/change.ts';
import { type Relation, unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';
import { LineMaker } from '../../../src/sync/tail/line-maker.ts';

const secret = Buffer.from('secret');
const relation = (table: string, ...columns: readonly (readonly [name: string, typeOid: number])[]): Relation => ({
  oid: 1,
  schema: 'public',
  table,
  replicaIdentity: 'd',
  columns: columns.map(([name, typeOid]) => ({ name, isKey: true, typeOid, typeModifier: -1 })),
});

const head = { endPosition: 0x4a1c2f8n, committedAtMs: 1_767_225_600_000 };

function linesOf(maker: LineMaker, ...changes: readonly Change[]) {
  return [...maker.lines(head, { changes, messages: [] }, 1_767_225_600_040)];
}

test('a change is shown with its table, kind, position and lag, and without a value', () => {
  const maker = new LineMaker({ keys: new Map([['public.orders', ['id']]]) }, secret);
  maker.learn([relation('orders', ['id', 20])]);
  const row = { id: '4711', status: 'paid by Ada' };
  const lines = linesOf(maker, { kind: 'insert', table: 'public.orders', row });
  expect(lines).toEqual([
    {
      what: 'change',
      type: 'insert',
      table: 'public.orders',
      key: '4711',
      changed: undefined,
      position: '0/4A1C2F8',
      committedAt: '2026-01-01T00:00:00.000Z',
      lagMs: 40,
    },
  ]);
  expect(JSON.stringify(lines)).not.toContain('Ada');
});

const deleted = (email: string): Change => ({
  kind: 'delete',
  table: 'public.accounts',
  oldKey: { email, no: '7' },
});

test('a key is shown if it is a number or a uuid, and else as a hash that is the same for the same key', () => {
  const maker = new LineMaker({ keys: new Map([['public.accounts', ['email', 'no']]]) }, secret);
  maker.learn([relation('accounts', ['email', 25], ['no', 23])]);
  const [first, again, other] = linesOf(maker, deleted('a@b.example'), deleted('a@b.example'), deleted('c@d.example'));
  expect(first!.key).toMatch(/^#[0-9a-f]{12}, 7$/);
  expect(again!.key).toBe(first!.key);
  expect(other!.key).not.toBe(first!.key);
});

test('a key of a type that is not known is hashed, also when it looks like a number', () => {
  const maker = new LineMaker({ keys: new Map([['public.calls', ['phone']]]) }, secret);
  const row = { phone: '01511234567' };
  expect(linesOf(maker, { kind: 'insert', table: 'public.calls', row })[0]!.key).toMatch(/^#[0-9a-f]{12}$/);
});

test('the columns that changed are named where the whole old row was sent, large ones that did not change left out', () => {
  const maker = new LineMaker({ keys: new Map([['public.orders', ['id']]]) }, secret);
  const row: SentRow = { id: '1', status: 'paid', note: unchanged, total: '5' };
  const update = (oldKey: Record<string, string | null> | undefined): Change => ({
    kind: 'update',
    table: 'public.orders',
    oldKey,
    row,
  });
  const lines = linesOf(
    maker,
    update({ id: '1', status: 'placed', note: 'long', total: '5' }),
    update(undefined),
    update({ id: '2' }),
  );
  expect(lines.map(({ changed }) => changed)).toEqual([['status'], undefined, undefined]);
});

test('tables that nobody asked for are not shown, and each that was truncated is', () => {
  const maker = new LineMaker({ keys: new Map([['public.orders', ['id']]]) }, secret);
  const lines = linesOf(
    maker,
    { kind: 'insert', table: 'public.others', row: { id: '1' } },
    { kind: 'truncate', tables: ['public.others', 'public.orders'] },
  );
  expect(lines).toMatchObject([{ type: 'truncate', table: 'public.orders', key: undefined }]);
});

const outbox = {
  source: 'public.outbox',
  columns: { id: 'id', type: 'kind', key: 'about', data: 'payload', at: undefined },
};
const written = (kind: string, about: string): Change => ({
  kind: 'insert',
  table: 'public.outbox',
  row: { id: '1', kind, about, payload: '{"who": "Ada"}' },
});
const emitted = (type: string, after?: number) => ({
  prefix: 'shop.event',
  content: JSON.stringify({ id: 'e', type, key: 'Ada', data: { who: 'Ada' } }),
  after,
});

test('a row of the outbox and a message are events as well, in the order of their transaction and without what is in them', () => {
  const maker = new LineMaker(
    { keys: new Map([['public.outbox', ['id']]]), outbox, messagePrefix: 'shop.event' },
    secret,
  );
  maker.learn([relation('outbox', ['id', 20], ['about', 20])]);
  const changes = [written('Paid', '7'), written('say Ada!', '8')];
  const messages = [
    emitted('First', 0),
    emitted('Between', 1),
    { ...emitted('Other', 1), prefix: 'else' },
    emitted('Last'),
  ];
  const lines = [...maker.lines(head, { changes, messages }, 0)];
  expect(lines.map(({ what, type, table, key }) => [what, type, table, key])).toEqual([
    ['event', 'First', 'message shop.event', expect.stringMatching(/^#[0-9a-f]{12}$/)],
    ['change', 'insert', 'public.outbox', '1'],
    ['event', 'Paid', 'public.outbox', '7'],
    ['event', 'Between', 'message shop.event', expect.stringMatching(/^#/)],
    ['change', 'insert', 'public.outbox', '1'],
    ['event', '(unreadable)', 'public.outbox', '8'],
    ['event', 'Last', 'message shop.event', expect.stringMatching(/^#/)],
  ]);
  expect(JSON.stringify(lines)).not.toContain('Ada');
});
