import type { FeatureReport, ReportGroup, RouteReport } from '../../app/reports/feature-report.ts';
import { kindWords } from '../../admin/page/words.js';
import { conclusive } from '../conclusive.ts';
import { formatCount } from '../format.ts';
import type { MigrationReport } from './migration-report.ts';
import { describeCoverage, describeWhatItBlocks } from './sentences.ts';
import { xml, type XmlElement } from './xml.ts';

interface Case {
  readonly element: XmlElement;
  readonly outcome: 'passed' | 'failed' | 'skipped';
}

/**
 * A suite for each feature; in it a case for each route and one for the gate, so that names stay the same from build to
 * build. A route fails on any difference and is skipped while nothing is compared; the gate fails on FAIL and is skipped
 * on INCONCLUSIVE.
 */
export function renderJunit({ name, features }: MigrationReport): string {
  const suites = features.map(suiteOf);
  const total = (key: 'tests' | 'failures' | 'skipped'): number => suites.reduce((sum, suite) => sum + suite[key], 0);
  const root = xml(
    'testsuites',
    { name, tests: total('tests'), failures: total('failures'), errors: 0, skipped: total('skipped'), time: 0 },
    suites.map(({ element }) => element),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.text}\n`;
}

function suiteOf(report: FeatureReport): { element: XmlElement; tests: number; failures: number; skipped: number } {
  const cases = [...report.routes.map((route) => routeCase(report, route)), gateCase(report)];
  const counts = {
    tests: cases.length,
    failures: cases.filter(({ outcome }) => outcome === 'failed').length,
    skipped: cases.filter(({ outcome }) => outcome === 'skipped').length,
  };
  const properties = {
    reads: report.reads,
    fingerprint: report.fingerprint,
    'mismatch rate': report.bound.sentence,
    ...(report.looked && { 'looked at': report.looked.sentence }),
  };
  const element = xml(
    'testsuite',
    { name: report.feature, ...counts, errors: 0, time: 0, timestamp: report.at.slice(0, 19) },
    [
      xml(
        'properties',
        {},
        Object.entries(properties).map(([key, value]) => xml('property', { name: key, value })),
      ),
      ...cases.map((each) => each.element),
    ],
  );
  return { element, ...counts };
}

function routeCase({ feature, groups }: FeatureReport, route: RouteReport): Case {
  const attributes = { classname: feature, name: route.route, time: 0 };
  const { mismatch, error } = route.comparisons;
  const total = conclusive(route.comparisons);
  if (mismatch + error > 0) {
    const own = groups.filter((group) => group.route === route.route && group.inStep);
    const message = `${formatCount(mismatch + error)} of ${formatCount(total)} answers differ`;
    const type = own.some(({ critical }) => critical) ? 'critical' : 'mismatch';
    const text = own.map(describeGroup).join('\n\n');
    return { element: xml('testcase', attributes, [xml('failure', { message, type }, [text])]), outcome: 'failed' };
  }
  const coverage = xml('system-out', {}, [describeCoverage(route)]);
  if (total > 0) return { element: xml('testcase', attributes, [coverage]), outcome: 'passed' };
  const skipped = xml('skipped', { message: 'nothing has been compared' });
  return { element: xml('testcase', attributes, [skipped, coverage]), outcome: 'skipped' };
}

function gateCase({ feature, gate }: FeatureReport): Case {
  const attributes = { classname: feature, name: 'gate', time: 0 };
  if (gate.result === 'PASS') {
    return { element: xml('testcase', attributes, [xml('system-out', {}, [gate.reason])]), outcome: 'passed' };
  }
  if (gate.result === 'INCONCLUSIVE') {
    return { element: xml('testcase', attributes, [xml('skipped', { message: gate.reason })]), outcome: 'skipped' };
  }
  const failure = xml('failure', { message: gate.reason, type: 'gate' }, [gate.blockers.join('\n')]);
  return { element: xml('testcase', attributes, [failure]), outcome: 'failed' };
}

function describeGroup(group: ReportGroup): string {
  const { path, kind, critical, samples } = group;
  return [
    `${path}: ${kindWords[kind] ?? kind}${critical ? ' (critical)' : ''}, ${describeWhatItBlocks(group)}`,
    ...samples.map(
      ({ question, at, legacy, candidate }) =>
        `  ${question} at ${at}\n    legacy     ${legacy ?? '(nothing)'}\n    candidate  ${candidate ?? '(nothing)'}`,
    ),
  ].join('\n');
}
