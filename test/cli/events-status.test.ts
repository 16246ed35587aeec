import { expect, test } from 'vitest';
import type { EventsStatus } from '../../src/app/events/events-status.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { sampleControl } from '../support/sample-control.ts';
import { sampleEvents, sampleStandstill } from '../support/sample-events.ts';

const palette = paletteFor({ write: () => undefined }, {});
const shown = (events: EventsStatus): string => renderStatus(sampleControl({ events }).current, palette);

test('fig status shows what waits to be published, and which process reads which partition how far behind', () => {
  const text = shown(sampleEvents());
  expect(text).toMatch(
    /published +to shop.events by sync-1 11 for 3 min, up to 0\/4A1C2F8, 500 ms ago, 1,200 wait, the first for 2 s, 1 dead letter, 90,000 ids kept, 2 takeovers/,
  );
  expect(text).toMatch(/account_v1 +sync-2 12 +3 min +23 +1.5 s +802 messages\/s +4 +1/);
  expect(text).toMatch(/account_v1 +payments.events +0 +80100 +80123 +23 +1.5 s +sync-2 12/);
  expect(text).toMatch(/account_v1 +payments.events +1 +7 +7 +0 +200 ms +sync-2 12/);
  expect(text).toMatch(/refund_v2 +no process/);
  expect(text).toContain('refund_v2: FIG_EVENTS_LOST: messages are gone');
  expect(text).not.toContain('ALERT');
});

test('fig status has an alert when nothing goes out, with since when and why', () => {
  const text = shown(sampleStandstill());
  expect(text).toMatch(/ALERT +nothing can be published: no broker answers/);
  expect(text).toMatch(/fails +for 1 min: no broker answers/);
});
