import type { ChildProcess } from 'node:child_process';

const KEPT = 4_000;

/** The last words of a child process, for the error message when it fails. Reading them also keeps its pipes empty. */
export class LogTail {
  #text = '';

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text = (this.#text + chunk).slice(-KEPT);
      });
    }
  }

  text(): string {
    return this.#text.trim();
  }
}
