// A process of its own that writes to a store: node sqlite-writer.ts FILE NAME RUNS EVENTS
import { openSqliteStore } from '../../state/sqlite/store.ts';
import { endOf, newAttempt } from '../conformance/run-store/attempt.ts';

const [path = '', name = '', runs = '0', events = '0'] = process.argv.slice(2);

await using store = await openSqliteStore(path);
for (let run = 0; run < Number(runs); run++) {
  const own = `${name}-${String(run)}`;
  await store.startAttempt(newAttempt(own));
  // All processes write to this one as well; whoever comes first creates it.
  await store.startAttempt(newAttempt('shared'));
  for (let event = 0; event < Number(events); event++) {
    for (const runId of [own, 'shared']) {
      const data = { name, run, event };
      await store.appendEvent({ runId, attempt: 1, at: 'now', type: 'progress', data });
    }
  }
  await store.endAttempt(endOf(own, 1, 'COMPLETED'));
}
