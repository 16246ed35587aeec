import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';

describe('the metrics', () => {
  it('are exposed with names, units and labels', async () => {
    const metrics = createMetrics();
    metrics.requestServed({ servedBy: 'candidate', status: 200, reason: 'live', tookMs: 12 });
    metrics.fallback('timeout');
    metrics.compared('orders', 'mismatch');
    metrics.shadow({ perSecond: 250, queued: 1, queuedBytes: 1, dropped: { 'queue-full': 1 } });
    metrics.shadow({ perSecond: 125, queued: 3, queuedBytes: 4_096, dropped: { 'queue-full': 5 } });
    metrics.capture({ applied: 77_710_000n, lagBytes: 640, lagSeconds: 0.04, spooledBytes: 1_024 });
    metrics.applied({ size: 'small', transactions: 3, changes: { insert: 2, update: 5 }, seconds: 0.003 });
    metrics.applied({ size: 'large', transactions: 1, changes: { update: 20_000 }, seconds: 2 });
    metrics.batch('prices', { ageSeconds: 90, rows: 12, failures: 2 });
    metrics.reads('orders', { phase: 'canary', percent: 5 });
    metrics.gate('orders', 'INCONCLUSIVE', 0.4);
    const differences = { missing: 2, repaired: 1 };
    metrics.reconciled('orders', {
      last: { finishedAtSeconds: 1_700_000_000.5, rows: 90, differences },
      progress: 0.25,
    });
    metrics.reconciled('prices', { progress: 0 });
    metrics.kept({ removed: { 'too-old': 2, pair: 3 }, bytes: 9_000, pairs: 7, at: 1_700_000_000_500 });
    metrics.kept({ removed: { 'too-old': 1, pair: 0 }, bytes: 8_000, pairs: 5, at: 1_700_003_600_500 });
    const lines = (await metrics.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'fig_requests_total{served_by="candidate",status_class="2xx",reason="live"} 1',
        'fig_request_duration_seconds_count{served_by="candidate"} 1',
        'fig_fallbacks_total{reason="timeout"} 1',
        'fig_comparisons_total{feature="orders",verdict="mismatch"} 1',
        'fig_shadow_queue_exchanges 3',
        'fig_evidence_removed_total{what="too-old"} 3',
        'fig_evidence_removed_total{what="pair"} 3',
        'fig_evidence_bytes 8000',
        'fig_stored_pairs 5',
        'fig_evidence_retention_timestamp_seconds 1700003600.5',
        'fig_shadow_queue_bytes 4096',
        'fig_shadow_dropped_total{reason="queue-full"} 5',
        'fig_shadow_budget_per_second 125',
        'fig_capture_position_bytes{point="applied"} 77710000',
        'fig_capture_lag_bytes 640',
        'fig_capture_lag_seconds 0.04',
        'fig_capture_spool_bytes 1024',
        'fig_capture_transactions_total{size="small"} 3',
        'fig_capture_transactions_total{size="large"} 1',
        'fig_capture_changes_total{kind="update"} 20005',
        'fig_capture_apply_seconds_bucket{le="0.005"} 1',
        'fig_capture_batch_changes_sum 20007',
        'fig_batch_age_seconds{read_model="prices"} 90',
        'fig_batch_rows{read_model="prices"} 12',
        'fig_batch_failures{read_model="prices"} 2',
        'fig_reconcile_finished_timestamp_seconds{feature="orders"} 1700000000.5',
        'fig_reconcile_rows{feature="orders"} 90',
        'fig_reconcile_differences{feature="orders",kind="missing"} 2',
        'fig_reconcile_progress_ratio{feature="orders"} 0.25',
        'fig_reconcile_progress_ratio{feature="prices"} 0',
        'fig_feature_reads_percent{feature="orders"} 5',
        'fig_feature_reads_phase{feature="orders",phase="canary"} 1',
        'fig_feature_reads_phase{feature="orders",phase="live"} 0',
        'fig_gate_result{feature="orders",result="INCONCLUSIVE"} 1',
      ]),
    );
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total'))).toBe(true);
  });

  it('bound the values of every label', async () => {
    const metrics = createMetrics();
    for (let i = 0; i < 200; i += 1) metrics.fallback(`reason ${i}`);
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('fig_fallbacks_total{'));
    expect(lines).toHaveLength(51);
    expect(lines).toContain('fig_fallbacks_total{reason="other"} 150');
  });

  it('are brought up to date before they are read, and survive a refresh that fails', async () => {
    const metrics = createMetrics();
    metrics.beforeText(() => Promise.reject(new Error('the store is away')));
    metrics.beforeText(() => metrics.shadow({ perSecond: 500, queued: 7, queuedBytes: 1, dropped: {} }));
    const text = await metrics.text();
    expect(text).toContain('fig_shadow_queue_exchanges 7');
    expect(text).toContain('fig_metrics_refresh_failures_total 1');
  });

  it('of two processes in one do not meet', async () => {
    createMetrics().fallback('a');
    expect(await createMetrics().text()).not.toContain('reason="a"');
  });
});
