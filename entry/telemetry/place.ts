/** In place of a folder: the platform's log. */
export const TO_LOG = 'log';
/** The report of a run, beside its messages. */
export const REPORT = 'report.html';

/**
 * Name of an object with messages, one a line.
 *
 * @param writer - number of the process of the attempt, from 1.
 * @param chunk - number of the object, from 1: without gaps, so that nobody has to list them.
 */
export function chunkName(writer: number, chunk: number): string {
  return `${String(writer)}-${String(chunk).padStart(6, '0')}.jsonl`;
}
