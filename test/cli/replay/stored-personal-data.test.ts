import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/control-store.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { setStage } from './stored-questions.ts';

const personal = {
  name: 'Grace Brewster Hopper',
  street: '12 Rue de la Paix',
  email: 'grace@navy.example',
  phone: '+33 6 12 34 56 78',
  number: 4915112345678,
  card: '4111 1111 1111 1111',
  token: 'Bearer dGhpcy1pcy1hLXRva2VuMTIz',
  notes: 'Grace called on Monday about her order; she lives at 12 Rue de la Paix, Paris.',
};
/** A row that belongs to another visitor, which only the candidate shows. */
const stranger = {
  name: 'Katherine Johnson',
  street: '7 Orbit Way',
  phone: '+1 202 555 0143',
  number: 12025550143,
  email: 'kj@nasa.example',
};
const seeded = [
  ...Object.values(stranger).map(String),
  'Katherine',
  ...Object.values(personal).map(String),
  'Grace',
  'Dorothy',
  'Rue de la Paix',
  'sid-of-grace',
  'secret-of-grace',
  '10.1.2.3',
];

test('of a seeded corpus nothing is found in what is stored of questions and answers', async () => {
  await using stage = await setStage(
    {
      legacy: () => ({ customer: personal, rows: [personal], total: 1 }),
      candidate: () => ({
        customer: { ...personal, name: 'Dorothy Vaughan' },
        rows: [stranger, personal],
        [personal.email]: 1,
        total: 2,
      }),
    },
    { redact: ['$.customer.phone', '$.rows[*].phone'], headers: ['content-type', 'set-cookie'] },
  );
  const headers = {
    Cookie: 'sid=sid-of-grace',
    Authorization: 'Bearer secret-of-grace',
    'X-Forwarded-For': '10.1.2.3',
    'X-Api-Key': 'secret-of-grace',
    'Accept-Language': 'fr',
  };
  await stage.compare(
    ['/orders/1', '/orders/2?email=grace@navy.example', `/orders/${encodeURIComponent(personal.email)}`],
    Object.entries(headers).flat(),
  );
  const { store } = await loadConfig(stage.config);
  const knex = openStore(store!, { applicationName: 'fig test' });
  try {
    const { rows } = await knex.raw<{ rows: { row: string }[] }>('SELECT p::text AS row FROM fig.stored_pair p');
    expect(rows).toHaveLength(3);
    const dump = rows.map(({ row }) => row).join('\n');
    expect(seeded.filter((text) => dump.includes(text))).toEqual([]);
    expect(dump).toContain('<redacted:');
  } finally {
    await knex.destroy();
  }
});
