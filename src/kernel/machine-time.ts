/**
 * Milliseconds of the machine's monotonic clock, which all processes of a machine share: what one of them stamps, another
 * may compare with its own. Unlike the loop's time it goes on while a process stands still.
 */
export function machineNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
