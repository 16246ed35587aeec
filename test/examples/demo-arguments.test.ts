import { expect, test } from 'vitest';
import { parseDemoArguments } from '../../examples/shop/demo-arguments.ts';

test('without arguments there are visitors, and changes travel as the environment says', () => {
  expect(parseDemoArguments([])).toEqual({ via: undefined, withTraffic: true, help: false });
});

test('what is asked for is taken', () => {
  const asked = ['--via', 'kafka', '--no-traffic'];
  expect(parseDemoArguments(asked)).toEqual({ via: 'kafka', withTraffic: false, help: false });
  expect(parseDemoArguments(['--via=direct'])).toMatchObject({ via: 'direct' });
});

test.each([
  [['--via', 'pigeon'], '--via takes kafka or direct, not pigeon'],
  [['--via'], "Option '--via <value>' argument missing"],
  [['--fast'], "Unknown option '--fast'"],
  [['kafka'], "Unexpected argument 'kafka'"],
])('%j is a mistake that is named', (args, told) => {
  expect(() => parseDemoArguments(args)).toThrow(expect.objectContaining({ code: 'FIG_USAGE', message: told }));
});
