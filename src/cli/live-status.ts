import type { FeatureStatus, FigControl, StatusReport } from '../app/control.ts';
import { describeError } from '../kernel/fig-error.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import { conclusive } from './conclusive.ts';
import { formatCount, formatMs, formatPlural, formatSeconds, formatShare } from './format.ts';
import type { CliIo, Output } from './io.ts';
import { paintGate, paletteFor, type Palette } from './palette.ts';

const ESCAPE = '\u001B';
const colorCode = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);
const TTY_EVERY_MS = 1_000;
/** For terminals that do not say how wide they are (0 or nothing). */
const DEFAULT_COLUMNS = 120;
const PLAIN_EVERY_MS = 5_000;

export interface LiveStatusOptions {
  readonly stream: Output;
  /** Default: what the stream says. */
  readonly isTTY?: boolean | undefined;
  readonly env?: CliIo['env'] | undefined;
  readonly everyMs?: number | undefined;
}

export interface LiveStatus extends Service {
  /** Writes a line above the block, which is painted again below it. */
  print(text: string): void;
  /** The last status that was read. */
  latest(): StatusReport | undefined;
}

/** Shows a running fig until it is stopped: a block painted over itself on a terminal, else a line every 5 seconds. */
export function startLiveStatus(control: FigControl, options: LiveStatusOptions): LiveStatus {
  const { stream, isTTY = stream.isTTY === true } = options;
  const palette = paletteFor({ ...pick(stream), isTTY, write: () => undefined }, options.env ?? process.env);
  let block: readonly string[] = [];
  let latest: StatusReport | undefined;
  let previous: { readonly at: number; readonly requests: number } | undefined;

  const erase = (): string => (block.length === 0 ? '' : `${ESCAPE}[${block.length}A${ESCAPE}[0J`);
  const paint = (lines: readonly string[]): void => {
    const width = Math.max(20, stream.columns || DEFAULT_COLUMNS);
    const fitted = lines.map((line) => fit(line, width));
    stream.write(`${erase()}${fitted.join('\n')}\n`);
    block = fitted;
  };

  const loop = startLoop({
    name: 'live status',
    maxRestMs: 2_000,
    turn: async (signal) => {
      const status = await control.status();
      if (signal.aborted) return undefined;
      const now = Date.now();
      const perSecond =
        previous && ((status.traffic.requests - previous.requests) * 1_000) / Math.max(1, now - previous.at);
      previous = { at: now, requests: status.traffic.requests };
      if (isTTY) paint(liveLines(status, perSecond, palette));
      else {
        if (latest === undefined) stream.write(`${addressLine(status)}\n`);
        const line = compactLine(status, now);
        if (line !== undefined) stream.write(`${line}\n`);
      }
      latest = status;
      return options.everyMs ?? (isTTY ? TTY_EVERY_MS : PLAIN_EVERY_MS);
    },
    onError: (error) => {
      const line = `the status cannot be read: ${describeError(error)}`;
      if (isTTY) paint([palette.red(line)]);
      else stream.write(`${line}\n`);
    },
  });

  return {
    name: loop.name,
    latest: () => latest,
    print: (text) => {
      const lines = block;
      stream.write(`${erase()}${text.endsWith('\n') ? text : `${text}\n`}`);
      block = [];
      if (lines.length > 0) paint(lines);
    },
    stop: async () => {
      await loop.stop();
      // The last block stays on the screen, and what is printed from now on goes below it.
      block = [];
    },
  };
}

/** The block of a terminal. */
function liveLines(status: StatusReport, perSecond: number | undefined, palette: Palette): string[] {
  const { addresses, traffic, capture } = status;
  const rate = perSecond === undefined ? '' : ` (${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s)`;
  const lag = capture === undefined ? [] : [lagText(status)];
  const served = status.features.length === 0 ? [] : [`${formatCount(traffic.servedBy.candidate)} by the candidate`];
  const lines = [
    '',
    `${palette.bold(addresses.proxy)} ${palette.dim('->')} ${addresses.legacy}   ${palette.dim('status page')} ${addresses.admin}`,
    [`${formatPlural(traffic.requests, 'request')}${rate}`, ...served, ...lag].join(palette.dim('  |  ')),
  ];
  for (const feature of status.features) lines.push('', ...featureLines(feature, palette));
  if (status.features.length === 0) {
    lines.push(
      ...traffic.routes.slice(0, 5).map(({ method, path, requests, p95Ms }) => {
        return `  ${formatCount(requests).padStart(8)}  ${method.padEnd(6)} ${path}  ${palette.dim(`p95 ${formatMs(p95Ms)}`)}`;
      }),
    );
  }
  lines.push(palette.dim('Ctrl-C stops'));
  return lines;
}

function featureLines(feature: FeatureStatus, palette: Palette): string[] {
  const { gate, readModel } = feature;
  const compared = `${formatCount(conclusive(feature.comparisons))} compared`;
  const rate = feature.matchRate === undefined ? 'no verdict yet' : `${formatShare(feature.matchRate)} match`;
  const building =
    readModel && readModel.state !== 'ready'
      ? [
          palette.yellow(
            `${readModel.name} ${readModel.state} ${readModel.state === 'paused' ? '' : formatShare(readModel.progress)}`,
          ),
        ]
      : [];
  return [
    `${palette.bold(feature.feature)}  ${palette.cyan(feature.reads)}  ${[compared, rate, ...building].join(palette.dim('  |  '))}`,
    `  gate ${paintGate(gate.result, palette)}: ${gate.reason}`,
  ];
}

/** One line for a log: `10:15:00 18,423 requests; orders shadow, 3,391 compared, 97.43 % match, gate FAIL; 40 ms behind` */
/** Undefined for a process that only keeps read models in step, where there is nothing to say every five seconds. */
function compactLine(status: StatusReport, now: number): string | undefined {
  if (servesNobody(status)) return undefined;
  const features = status.features.map((feature) => {
    const rate = feature.matchRate === undefined ? '' : `, ${formatShare(feature.matchRate)} match`;
    const compared = `${formatCount(conclusive(feature.comparisons))} compared`;
    return `${feature.feature} ${feature.reads}, ${compared}${rate}, gate ${feature.gate.result}`;
  });
  const routes = status.features.length === 0 ? [`${formatPlural(status.traffic.routes.length, 'route')} seen`] : [];
  const lag = status.capture === undefined ? [] : [lagText(status)];
  const parts = [formatPlural(status.traffic.requests, 'request'), ...routes, ...features, ...lag];
  return `${new Date(now).toISOString().slice(11, 19)} ${parts.join('; ')}`;
}

function lagText({ capture }: StatusReport): string {
  return capture?.state === 'streaming'
    ? `${formatSeconds(capture.lagSeconds)} behind`
    : `capture ${capture?.state ?? 'off'}`;
}

function servesNobody({ addresses, features }: StatusReport): boolean {
  return addresses.proxy === '' && features.length === 0;
}

function addressLine(status: StatusReport): string {
  const { addresses } = status;
  if (servesNobody(status)) return `legacy ${addresses.legacy}, admin server ${addresses.admin}`;
  return `proxy ${addresses.proxy} -> ${addresses.legacy}, status page ${addresses.admin}`;
}

/** Cuts a line to a width; a wrapped line would break the count of lines to paint over. Colour codes take no room. */
function fit(line: string, width: number): string {
  let room = width - 1;
  let result = '';
  for (const part of line.split(colorCode)) {
    if (part.startsWith(ESCAPE)) result += part;
    else {
      result += part.slice(0, Math.max(0, room));
      room -= part.length;
    }
  }
  return result;
}

function pick({ columns }: Output): Pick<Output, 'columns'> {
  return { columns };
}
