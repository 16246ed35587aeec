import { DatabaseError } from 'pg';
import { expect, it } from 'vitest';
import { judgeRefusal } from '../../../src/sync/postgres/preflight/probe-replication.ts';

function refusal(code: string, message: string): DatabaseError {
  const error = new DatabaseError(message, message.length, 'error');
  error.code = code;
  return error;
}

function judged(error: unknown, mayReplicate = true): readonly string[] {
  return judgeRefusal(error, mayReplicate).map(({ severity, id }) => `${severity} ${id}`);
}

it('a refused replication connection is an error, unless it may pass by itself or has been told of already', () => {
  expect(judged(undefined)).toEqual([]);
  const byRules = refusal('28000', 'no pg_hba.conf entry for replication connection from host "10.0.0.7", user "fig"');
  expect(judged(byRules)).toEqual(['error replication-refused']);
  expect(judgeRefusal(byRules, true)[0]!.remedy).toContain('pg_hba.conf');
  expect(judged(refusal('42501', 'permission denied'))).toEqual(['error replication-refused']);
  expect(judged(refusal('42501', 'permission denied'), false)).toEqual([]);
  expect(judged(refusal('57P03', 'the database system is starting up'))).toEqual(['warning replication-refused']);
  expect(judged(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))).toEqual([
    'warning replication-refused',
  ]);
  expect(judged(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toEqual(['warning replication-refused']);
  expect(judged(refusal('08P01', 'unsupported startup parameter: replication'), false)).toEqual(['error pooler']);
});
