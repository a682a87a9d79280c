import { systemClock } from '../../../core/clock.ts';
import { storageOpener } from '../../../state/artifacts/open.ts';
import { type LoadOptions, loadInto, never, openEngine, openSink, rowsOfWeek } from './harness.ts';

/*
 * A process with some of the writers of a table: each appends its loads one after the other, each load
 * with a window of its own, as daily loads have.
 *
 *   appender.ts PATH FIRST_WRITER WRITERS COMMITS
 */

const ROWS = 3;
const DAY_MS = 86_400_000;

const [path = '', first = '', writers = '', commits = ''] = process.argv.slice(2);
const endpoint = process.env['AWS_ENDPOINT_URL_S3'];
const storage = storageOpener(endpoint === undefined ? {} : { endpoint }, systemClock)(path);

const day = (number: number) => new Date(number * DAY_MS).toISOString().slice(0, 10);

await using session = await openEngine();
await session.useStorage(storage, never);
await Promise.all(
  Array.from({ length: Number(writers) }, async (_, index) => {
    const writer = Number(first) + index;
    for (let commit = 0; commit < Number(commits); commit++) {
      const number = writer * Number(commits) + commit;
      const options: LoadOptions = {
        mode: 'append',
        window: { startDate: day(number), endDate: day(number + 1) },
        loadId: `${String(writer)}-${String(commit)}`,
        runId: `${String(writer)}-${String(commit)}`,
        storage,
      };
      const rows = rowsOfWeek(20 + (commit % 3), ROWS, number * ROWS);
      await using sink = openSink(session, path, options);
      await loadInto(sink, session, rows, options);
    }
  }),
);
