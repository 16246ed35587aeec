/** What fig itself finds wrong with what a definition gives. Its text names parts of the definition and never a value. */
export class OwnError extends Error {}
