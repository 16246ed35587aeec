import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { readRunFile } from '../../src/app/starting/run-file.ts';
import type { RunningFig } from '../../src/app/starting/running-fig.ts';
import { runInForeground } from '../../src/cli/foreground.ts';
import { startLiveStatus } from '../../src/cli/live-status.ts';
import { createProgressRenderer } from '../../src/cli/progress-renderer.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderFarewell } from '../../src/cli/proxy-command.ts';
import { observingStatus, sampleControl, sampleStatus } from '../support/sample-control.ts';

const ESCAPE = '\u001B';
/** Up by so many lines, and clear what is below. */
const repaint = new RegExp(`${ESCAPE}\\[(?<lines>\\d+)A${ESCAPE}\\[0J`);

class Screen extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number = 100;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe('the live status', () => {
  it('paints over itself on a terminal, never wider than it, and prints other lines above', async () => {
    const screen = new Screen(true);
    const live = startLiveStatus(sampleControl(), { stream: screen, env: { NO_COLOR: '1' }, everyMs: 5 });
    await vi.waitFor(() => expect(screen.text.split('\u001B[0J').length).toBeGreaterThan(2));
    live.print('a log line');
    await live.stop();
    const frames = screen.text.split(repaint);
    expect(frames[0]).toContain('http://127.0.0.1:8080 -> http://127.0.0.1:3000');
    expect(frames[0]).toContain('orders  shadow  3,391 compared  |  97.43 % match');
    expect(frames[0]).toContain('gate FAIL: 87 of 3,391 answers differ');
    expect(Math.max(...frames[0]!.split('\n').map((line) => line.length))).toBeLessThan(100);
    expect(frames.at(-1)).toMatch(/^a log line\n\nhttp/);
    expect(repaint.exec(screen.text)?.groups?.['lines']).toBe(String(frames[0]!.split('\n').length - 1));
  });

  it('writes the addresses once and then a line at a time elsewhere', async () => {
    const screen = new Screen(false);
    const live = startLiveStatus(sampleControl(), { stream: screen, env: {}, everyMs: 5 });
    await vi.waitFor(() => expect(screen.text.split('\n').length).toBeGreaterThan(3));
    await live.stop();
    const lines = screen.text.trimEnd().split('\n');
    expect(lines[0]).toBe('proxy http://127.0.0.1:8080 -> http://127.0.0.1:3000, status page http://127.0.0.1:8089');
    expect(lines[1]).toMatch(
      /^\d\d:\d\d:\d\d 18,423 requests; orders shadow, 3,391 compared, 97\.43 % match, gate FAIL; .+; 40 ms behind$/,
    );
    expect(screen.text).not.toContain('\u001B');
    expect(live.latest()?.name).toBe('shop');
  });

  it('tells the addresses of a process that serves nobody, and no requests', async () => {
    const screen = new Screen(false);
    const control = sampleControl();
    const status = sampleStatus();
    let asked = 0;
    const ofSync = async (): Promise<StatusReport> => {
      asked += 1;
      return { ...status, features: [], addresses: { ...status.addresses, proxy: '' } };
    };
    const live = startLiveStatus({ ...control, status: ofSync }, { stream: screen, env: {}, everyMs: 5 });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(3));
    await live.stop();
    expect(screen.text).toBe('legacy http://127.0.0.1:3000, admin server http://127.0.0.1:8089\n');
  });

  it('says so when the status cannot be read, and goes on', async () => {
    const screen = new Screen(false);
    const control = sampleControl();
    control.failure = new Error('the store is away');
    const live = startLiveStatus(control, { stream: screen, env: {}, everyMs: 5 });
    await vi.waitFor(() => expect(screen.text).toContain('the status cannot be read: the store is away'));
    control.failure = undefined;
    await vi.waitFor(() => expect(screen.text).toContain('18,423 requests'));
    await live.stop();
  });
});

describe('the progress of a start', () => {
  const copying = { step: 'copying orders', state: 'progress', total: 20_000 } as const;

  it('is plain lines without a terminal, at most one for each quarter', () => {
    const screen = new Screen(false);
    const progress = createProgressRenderer(screen);
    progress.onProgress({ step: 'copying orders', state: 'started' });
    for (let done = 0; done <= 20_000; done += 100) progress.onProgress({ ...copying, done });
    progress.onProgress({ step: 'copying orders', state: 'done', detail: '20,000 rows' });
    progress.stop();
    expect(screen.text.replace(/\(\d+ ms\)/, '(1 ms)').split('\n')).toEqual([
      'copying orders…',
      'copying orders: 25 % (5,000 of 20,000)',
      'copying orders: 50 % (10,000 of 20,000)',
      'copying orders: 75 % (15,000 of 20,000)',
      'copying orders: done, 20,000 rows (1 ms)',
      '',
    ]);
  });

  it('is a bar on a terminal, which goes when the step is done', () => {
    const screen = new Screen(true);
    const progress = createProgressRenderer(screen);
    progress.onProgress({ ...copying, done: 5_000 });
    progress.onProgress({ ...copying, done: 20_000 });
    progress.onProgress({ step: 'copying orders', state: 'done' });
    progress.print('ready');
    progress.stop();
    expect(screen.text).toMatch(/copying orders: done \(\d+ ms\)\nready\n$/);
  });
});

function paint(isTTY: boolean, env: Record<string, string>): string {
  return paletteFor({ write: () => 0, isTTY }, env).red('x');
}

describe('colours', () => {
  it('are for terminals without NO_COLOR only', () => {
    expect(paint(false, {})).toBe('x');
    expect(paint(true, { NO_COLOR: '1' })).toBe('x');
    expect(paint(true, { TERM: 'dumb' })).toBe('x');
  });
});

describe('a fig in the foreground', () => {
  class FakeHost extends EventEmitter {
    readonly exits: number[] = [];
    exit(code: number): void {
      this.exits.push(code);
    }
  }

  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'fig-foreground-'));
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  /** Starts one that stops when `release` is called, or at once. */
  function start(release: Promise<void> = Promise.resolve()) {
    const host = new FakeHost();
    const stderr = new Screen(false);
    const stdout = new Screen(false);
    const stops: string[] = [];
    const fig: RunningFig = {
      control: sampleControl(observingStatus()),
      addresses: sampleStatus().addresses,
      stop: async () => {
        await release;
        stops.push('stopped');
      },
    };
    const ended = runInForeground({
      io: { stdout, stderr, env: {}, cwd },
      start: async ({ startAdmin }) => {
        const admin = await startAdmin(fig.control, 0);
        return {
          ...fig,
          addresses: { ...fig.addresses, admin: admin.url },
          stop: async () => {
            await fig.stop();
            await admin.stop();
          },
        };
      },
      farewell: (last) => renderFarewell(last, paletteFor(stdout, {})),
      host,
    });
    return { host, stderr, stdout, stops, ended };
  }

  it('stops in order on the first Ctrl-C and says what it saw', async () => {
    const { host, stderr, stdout, stops, ended } = start();
    await vi.waitFor(() => expect(stderr.text).toContain('18,423 requests'));
    expect(await readRunFile(cwd)).toMatchObject({
      admin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: process.pid,
    });
    host.emit('SIGINT');
    expect(await ended).toBe(0);
    expect(await readRunFile(cwd)).toBeUndefined();
    expect(stops).toContain('stopped');
    expect(stderr.text).toContain('stopping…');
    expect(stdout.text).toContain('18,423 requests on 6 routes');
    expect(stdout.text).toContain('Next: GET /api/orders/:id costs the most time of all reads');
    expect(host.exits).toEqual([]);
    expect(host.eventNames()).toEqual([]);
  });

  it('exits at once on the second', async () => {
    const released = new EventEmitter();
    const { host, stderr, ended } = start(once(released, 'now').then(() => undefined));
    await vi.waitFor(() => expect(stderr.text).toContain('18,423 requests'));
    host.emit('SIGINT');
    host.emit('SIGINT');
    expect(host.exits).toEqual([130]);
    released.emit('now');
    await ended;
  });

  it('stops and ends with 1 when something was not caught', async () => {
    const { host, stderr, stops, ended } = start();
    await vi.waitFor(() => expect(stderr.text).toContain('18,423 requests'));
    host.emit('unhandledRejection', new Error('nobody caught me'));
    expect(await ended).toBe(1);
    expect(stops).toContain('stopped');
    expect(stderr.text).toContain('error FIG_INTERNAL: nobody caught me');
  });
});
