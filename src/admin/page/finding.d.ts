import type { ReportGroup } from '../../app/reports/feature-report.ts';

export interface FindingLine {
  readonly label: 'not known' | 'in common' | 'suspected' | 'rule' | 'replay';
  /** In the words of a config. */
  readonly code?: string;
  readonly text: string;
}

export declare function findingLines(
  group: Pick<ReportGroup, 'correlation' | 'cause' | 'proposal' | 'unfinished'> & Partial<Pick<ReportGroup, 'route'>>,
): FindingLine[];
