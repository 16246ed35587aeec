import * as fc from 'fast-check';
import type { DomainEvent } from '../../../../src/config/domain-event.ts';

/** JSON gives a negative zero back as zero. */
const data = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const name = fc.string({ minLength: 1, unit: 'grapheme' });

/** Any event that a topic can hold as it is. */
export const anEvent: fc.Arbitrary<DomainEvent> = fc.record({
  id: fc.oneof(
    fc.uuid(),
    name.filter((id) => !/^\s*["{]/.test(id)),
  ),
  type: name.filter((type) => !/^\s*["{]/.test(type)),
  key: name.filter((key) => !/^\s*["{]/.test(key)),
  at: fc.date({ min: new Date(0), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }),
  data,
  position: fc.constant(undefined),
});
