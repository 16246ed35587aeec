import { Writable } from 'node:stream';
import cliProgress, { type MultiBar, type SingleBar } from 'cli-progress';
import type { ProgressEvent } from '../app/starting/running-fig.ts';
import { formatCount, formatDuration, formatMs } from './format.ts';
import type { Output } from './io.ts';
import { type Reading, timeLeftMs } from './time-left.ts';

/** Without a terminal a long step says how far it is at every quarter. */
const QUARTERS = 4;

interface Step {
  readonly startedAt: number;
  bar: SingleBar | undefined;
  quarter: number;
  /** Where it stood when it was first heard of. */
  start: Reading | undefined;
}

export interface ProgressRenderer {
  readonly onProgress: (event: ProgressEvent) => void;
  /** Writes a line of text (with or without its line end) without tearing the bars. */
  print(text: string): void;
  /** Takes away the bars that are still there. */
  stop(): void;
}

/** Shows the steps of a start-up: bars on a terminal, plain lines elsewhere. */
export function createProgressRenderer(stream: Output): ProgressRenderer {
  const steps = new Map<string, Step>();
  let bars: MultiBar | undefined;

  const closeBars = (): void => {
    bars?.stop();
    bars = undefined;
  };
  const print = (text: string): void => {
    const line = text.endsWith('\n') ? text : `${text}\n`;
    if (bars === undefined) stream.write(line);
    else bars.log(line);
  };
  const showBar = (terminal: Writable, step: Step, event: ProgressEvent): void => {
    const { step: name, done = 0, total = 0, detail = '' } = event;
    bars ??= new cliProgress.MultiBar({ ...barOptions, stream: terminal });
    const left = leftOf(step, event);
    step.bar ??= bars.create(total, done, { name, detail, left });
    step.bar.setTotal(total);
    step.bar.update(done, { name, detail, left });
  };
  const showQuarter = (step: Step, event: ProgressEvent): void => {
    const { step: name, done = 0, total = 0 } = event;
    const left = leftOf(step, event);
    const quarter = Math.floor((done / total) * QUARTERS);
    if (quarter <= step.quarter || quarter >= QUARTERS) return;
    step.quarter = quarter;
    print(
      `${name}: ${(quarter / QUARTERS) * 100} % (${formatCount(done)} of ${formatCount(total)})${left && `, ${left}`}`,
    );
  };
  const finish = (name: string, step: Step, detail: string | undefined): void => {
    steps.delete(name);
    if (step.bar !== undefined) bars?.remove(step.bar);
    if (![...steps.values()].some(({ bar }) => bar !== undefined)) closeBars();
    const took = formatMs(Date.now() - step.startedAt);
    print(`${name}: done${detail === undefined ? '' : `, ${detail}`} (${took})`);
  };

  return {
    print,
    onProgress: (event) => {
      let step = steps.get(event.step);
      if (step === undefined) {
        step = { startedAt: Date.now(), bar: undefined, quarter: 0, start: undefined };
        steps.set(event.step, step);
        if (stream.isTTY !== true && event.state === 'started') print(`${event.step}…`);
      }
      if (event.state === 'done') finish(event.step, step, event.detail);
      else if (event.total !== undefined && event.total > 0) {
        if (stream.isTTY === true && stream instanceof Writable) showBar(stream, step, event);
        else showQuarter(step, event);
      }
    },
    stop: () => {
      closeBars();
      steps.clear();
    },
  };
}

/** `about 3 min left`, or nothing. */
function leftOf(step: Step, { done = 0, total = 0 }: ProgressEvent): string {
  const now = { atMs: Date.now(), done };
  step.start ??= now;
  const left = timeLeftMs(step.start, now, total);
  return left === undefined ? '' : `about ${formatDuration(left)} left`;
}

const barOptions = {
  format: '{name} [{bar}] {percentage} %  {value} of {total}  {left}  {detail}',
  barCompleteChar: '#',
  barIncompleteChar: '-',
  barsize: 24,
  hideCursor: true,
  clearOnComplete: true,
  // Signals are handled in one place, which also stops the bars.
  gracefulExit: false,
  emptyOnZero: true,
};
