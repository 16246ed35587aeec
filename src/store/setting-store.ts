import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

interface Setting {
  name: string;
  value: string;
}

export async function readSetting(store: Knex, name: string): Promise<string | undefined> {
  const row = await store<Setting>('fig.setting').where({ name }).first('value');
  return row?.value;
}

export async function writeSetting(store: Knex, name: string, value: string): Promise<void> {
  await store<Setting>('fig.setting').insert({ name, value }).onConflict('name').merge();
}

/** Counts a setting up, from 0, and gives the new value. */
export async function raiseSetting(store: Knex, name: string): Promise<number> {
  const { rows } = await store.raw<{ rows: { value: string }[] }>(
    `INSERT INTO fig.setting AS s (name, value) VALUES (?, '1')
     ON CONFLICT (name) DO UPDATE SET value = (s.value::bigint + 1)::text RETURNING value`,
    [name],
  );
  return Number(rows[0]?.value);
}

/** A secret that all processes on one store share, made by whoever asks first. */
export async function sharedSecret(store: Knex, name: string): Promise<Uint8Array> {
  const value = randomBytes(32).toString('hex');
  await store<Setting>('fig.setting').insert({ name, value }).onConflict('name').ignore();
  return Buffer.from((await readSetting(store, name)) ?? value, 'hex');
}
