import { describe, expect, it } from 'vitest';
import { FigError } from '../../src/kernel/fig-error.ts';
import { createLog, type LogOptions } from '../../src/observe/log.ts';

function logged(options: Partial<LogOptions>, fields: Record<string, unknown>, message = 'it happened'): string {
  const lines: string[] = [];
  createLog({ level: 'info', pretty: false, write: (line) => lines.push(line), ...options }).warn(fields, message);
  return lines.join('');
}

describe('the log', () => {
  it('writes one JSON line with time, level, message and fields', () => {
    const line: Record<string, unknown> = JSON.parse(logged({}, { attempt: 2, position: 12n }));
    expect(line).toMatchObject({ level: 'warn', msg: 'it happened', attempt: 2, position: '12' });
    expect(Date.parse(String(line['time']))).not.toBeNaN();
  });

  it('never writes credentials, wherever they stand', () => {
    const url = 'postgres://fig:hunter2@db.internal:5432/shop';
    const text = logged(
      {},
      {
        database: url,
        nested: {
          list: [url],
          headers: { authorization: 'Bearer hunter2', Cookie: 'sid=hunter2', 'set-cookie': ['hunter2'] },
        },
        error: new FigError('FIG_STORE_UNREACHABLE', `cannot reach ${url}`, { cause: new Error(`at ${url}`) }),
        url: new URL(url),
        password: 'hunter2',
      },
      `tried ${url} with Bearer hunter2`,
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('db.internal');
    expect(text).toContain('FIG_STORE_UNREACHABLE');
  });

  it('survives fields that contain themselves', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop['self'] = loop;
    expect(logged({}, { loop })).toContain('"name":"loop"');
  });

  it('writes a line for people when asked to', () => {
    const line = logged({ pretty: true }, { attempt: 2, error: new Error('connection reset') });
    expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}it happened attempt=2 error="connection reset"\n$/);
  });

  it('keeps quiet below its level', () => {
    expect(logged({ level: 'error' }, {})).toBe('');
  });
});
