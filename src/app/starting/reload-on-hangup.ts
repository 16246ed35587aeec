/**
 * Reads certificates again on SIGHUP, as servers do. Not on a terminal: there the signal says that the terminal is gone, and
 * whoever runs in it goes with it. Returns what takes the listener away.
 */
export function reloadOnHangup(reload: () => void, isTerminal: boolean = process.stdin.isTTY): () => void {
  if (isTerminal) return () => undefined;
  process.on('SIGHUP', reload);
  return () => {
    process.off('SIGHUP', reload);
  };
}
