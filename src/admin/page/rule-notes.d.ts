import type { ReportRule } from '../../app/reports/feature-report.ts';

export declare function ruleNotes(rule: ReportRule): string[];

/** `days`: whole ones, 0 or more. */
export declare function inDays(days: number): string;
