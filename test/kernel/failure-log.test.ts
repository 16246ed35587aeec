import { expect, test } from 'vitest';
import { FailureLog } from '../../src/kernel/failure-log.ts';
import { describeError, FigError } from '../../src/kernel/fig-error.ts';
import { silentLog } from '../../src/kernel/log.ts';

test('the first failures are no news, the same one is told less and less often, and another one at once', () => {
  const lines: string[] = [];
  const keep = (level: string) => (fields: object, text: string) =>
    void lines.push(`${level} ${Reflect.get(fields, 'attempt')} ${text}`);
  const log = { ...silentLog, info: keep('info'), warn: keep('warn') };
  const failures = new FailureLog(log, { first: 'not yet', again: 'not' });
  for (let attempt = 1; attempt <= 40; attempt += 1) failures.tell(new Error('gone'), attempt);
  failures.tell(new Error('refused'), 41);
  expect(lines).toEqual([
    'info 1 not yet',
    'info 2 not yet',
    'info 3 not yet',
    'warn 4 not',
    'warn 8 not',
    'warn 16 not',
    'warn 32 not',
    'warn 41 not',
  ]);
});

test('an error of ours is told with its code and what to do', () => {
  const told: object[] = [];
  const failures = new FailureLog(
    { ...silentLog, info: (fields: object) => void told.push(fields) },
    { first: '', again: '' },
  );
  failures.tell(new FigError('FIG_KAFKA_TOPIC', 'no topic', { remedy: 'Make it.' }), 1, { topic: 't' });
  expect(told).toEqual([{ topic: 't', code: 'FIG_KAFKA_TOPIC', remedy: 'Make it.', error: 'no topic', attempt: 1 }]);
});

test('what an error repeats of its cause is said once', () => {
  const cause = new Error('connect ECONNREFUSED');
  const around = new Error('could not connect: connect ECONNREFUSED', { cause });
  expect(describeError(new Error('no leader', { cause: around }))).toBe(
    'no leader: could not connect: connect ECONNREFUSED',
  );
});
