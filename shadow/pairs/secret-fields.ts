/** Names of fields whose values are nobody's business in any answer, whatever the rules say. */
const secretNames =
  /passw|passphrase|passcode|secret|token|api[-_]?key|authorization|session|signature|e-?mail|phone|mobile|iban|birth|card[-_]?n(?:o$|um)|(?:^|[-_.])(?:pin|cvv|cvc|otp|ssn)$/i;

/** Whether all that stands under a name is kept as a hash. */
export function isSecretField(name: string): boolean {
  return secretNames.test(name);
}
