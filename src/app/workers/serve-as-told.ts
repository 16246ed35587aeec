import { describeError, FigError } from '../../kernel/fig-error.ts';
import { primaryLog } from './primary-log.ts';
import { MigrationWorker } from './migration-worker.ts';
import type { FromProxyWorker, ToProxyWorker, WorkerJob } from './protocol.ts';
import { ObservingWorker, type WorkerProxy } from './worker-proxy.ts';

function tell(message: FromProxyWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, {}, () => resolve());
    else resolve();
  });
}

/** A worker process of the proxy: does as the primary tells it, and goes at once when the primary is gone. */
export function serveAsTold(): void {
  const log = primaryLog((message) => void tell(message));
  let proxy: WorkerProxy | undefined;
  let isStopping = false;

  const start = async (job: WorkerJob): Promise<void> => {
    try {
      proxy = job.kind === 'observe' ? new ObservingWorker(job, log) : new MigrationWorker(job, tell, log);
      const url = await proxy.start();
      await tell({ type: 'listening', url });
    } catch (error) {
      const { code, remedy } = error instanceof FigError ? error : new FigError('FIG_INTERNAL', '');
      await tell({ type: 'failed', code, message: describeError(error), remedy });
      process.exit(1);
    }
  };

  const report = async (): Promise<void> => {
    const known = await proxy?.report();
    if (known) await tell({ type: 'report', report: known });
  };

  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    try {
      await proxy?.stop();
      await report();
    } finally {
      process.exit(0);
    }
  };

  process.on('message', (message: ToProxyWorker) => {
    if (message.type === 'start') void start(message.job);
    else if (message.type === 'ask') void report();
    else if (message.type === 'reload-certificates') proxy?.reloadCertificates();
    else if (message.type === 'stop') void stop();
    else proxy?.hear(message);
  });
  // Nobody accepts connections for us without the primary, nor knows of our writes. Node's cluster ends us then, too; said here
  // because everything rests on it: a new fig must not meet workers of the old one.
  process.on('disconnect', () => process.exit(1));
  void tell({ type: 'ready' });
}
