/** A connector whose slot was moved on does not start. */
export const slotIsChecked = { 'internal.slot.seek.to.known.offset.on.start': 'true' };

/** What a connector has to be set to so that nothing is lost. */
export const rightProperties = {
  ...slotIsChecked,
  'skipped.operations': 'none',
  'provide.transaction.metadata': 'true',
  'event.converting.failure.handling.mode': 'fail',
  'include.unknown.datatypes': 'true',
  'decimal.handling.mode': 'string',
  'interval.handling.mode': 'string',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.replace.null.with.default': 'false',
};
