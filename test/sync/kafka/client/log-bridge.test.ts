import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { kafkajs } from '../../../../src/sync/kafka/client/kafkajs.ts';
import { logBridge } from '../../../../src/sync/kafka/client/log-bridge.ts';

test('what kafkajs says again and again while brokers are away is told once a minute', () => {
  const lines: string[] = [];
  const keep = (level: string) => (_fields: object, message: string) => void lines.push(`${level} ${message}`);
  let now = 0;
  const log = { ...silentLog, info: keep('info'), debug: keep('debug') };
  const write = logBridge(log, () => now)(kafkajs.logLevel.INFO);
  const say = (message: string, level = kafkajs.logLevel.ERROR, label = 'ERROR'): void =>
    write({ namespace: 'Connection', level, label, log: { timestamp: '', message } });
  for (now of [0, 100, 59_999]) say('no broker');
  say('another broker');
  now = 60_000;
  say('no broker');
  say('connected', kafkajs.logLevel.INFO, 'INFO');
  expect(lines).toEqual([
    'info kafkajs: no broker',
    'debug kafkajs: no broker',
    'debug kafkajs: no broker',
    'info kafkajs: another broker',
    'info kafkajs: no broker',
    'debug kafkajs: connected',
  ]);
});
