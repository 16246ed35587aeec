import { describe, expect, it } from 'vitest';
import { ruleNotes } from '../../src/admin/page/rule-notes.js';
import type { ReportRule } from '../../src/app/reports/feature-report.ts';
import { renderMarkdown } from '../../src/cli/report/markdown-report.ts';
import { sampleReport, sampleRule } from '../support/sample-report.ts';

const hidden = { answers: 120, compared: 400, share: 0.3, unknown: 0, lastSeen: '2026-01-01T10:20:00.000Z' };
const plain: ReportRule = { rule: 'ignore', where: '$.etag', detail: 'not compared' };

describe('what a report tells of a rule', () => {
  it('is nothing where there is nothing to tell', () => {
    expect(ruleNotes(plain)).toEqual([]);
  });

  it('is what it hid, of how many answers, why it is there, and until when', () => {
    expect(ruleNotes(sampleRule)).toEqual([
      'for GET /api/orders',
      'hid a difference in 120 of 400 answers (30.00 %)',
      'may hide 5.00 %',
      'because it is random',
      'expires on 2026-12-31',
    ]);
    expect(ruleNotes({ ...sampleRule, isExpired: true })).toContain('EXPIRED on 2026-12-31');
    expect(ruleNotes({ ...sampleRule, daysLeft: 9 })).toContain('EXPIRES SOON, on 2026-12-31, in 9 days');
    expect(ruleNotes({ ...sampleRule, daysLeft: 0 })).toContain('EXPIRES SOON, on 2026-12-31, within a day');
  });

  it('is of a rule that guards something where it fits, loudly where it fits nothing', () => {
    const redact: ReportRule = { rule: 'redact', where: '$.persn', detail: 'shown as a keyed hash' };
    expect(ruleNotes({ ...redact, fits: { answers: 90, compared: 200 } })).toEqual([
      'fits something in 90 of 200 answers',
    ]);
    expect(ruleNotes({ ...redact, fits: { answers: 0, compared: 200 } })).toEqual([
      'FITS NOTHING IN 200 ANSWERS: is the path right?',
    ]);
    expect(ruleNotes({ ...redact, fits: { answers: 0, compared: 3 } })).toEqual(['fits nothing in 3 answers']);
  });

  it('never takes what is not known for nothing', () => {
    expect(ruleNotes({ ...plain, hidden: { ...hidden, answers: 0, share: 0, unknown: 7 } })).toEqual([
      'hid nothing in 400 answers',
      'not known of 7 answers',
    ]);
  });
});

const write = (rules: readonly ReportRule[]): string =>
  renderMarkdown({
    name: 'shop',
    version: '0.1.0',
    at: '2026-01-01T10:21:00.000Z',
    features: [{ ...sampleReport(), rules }],
  });

describe('the Markdown report', () => {
  it('lists rules that hid something, folded, after the differences', () => {
    const text = write([plain, sampleRule]);
    expect(text.indexOf('1 rule and what it hid')).toBeGreaterThan(text.indexOf('<details>'));
    expect(text).toMatch(/- ignore .*etag.*: for GET .*hid a difference in 120 of 400 answers/);
    expect(text).not.toContain('some have expired');
    expect(write([{ ...sampleRule, isExpired: true }])).toContain('some have expired');
    expect(write([{ ...sampleRule, daysLeft: 3 }])).toContain('some expire soon');
  });

  it('says nothing of rules that hid nothing and explain nothing', () => {
    expect(write([plain])).not.toContain('what it hid');
  });

  it('takes the words of a rule for text', () => {
    expect(write([{ ...sampleRule, because: '<img src=x> **b** @ada' }])).not.toContain('<img');
  });
});
