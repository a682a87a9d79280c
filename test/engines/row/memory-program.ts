import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import { promotions } from '../../../jobs/load-promos/plan.ts';
import { plain } from '../../../jobs/load-promos/rules.ts';

/*
 * Runs load_promos on the row engine over the sample, so many times with other products, and sends
 * what it took. Started by memory.real.test.ts.
 */

const [sample = '', copies = '1'] = process.argv.slice(2);
const { signal } = new AbortController();
const engine = await openBulkEngine({ memoryMb: 100, threads: 1 }, systemClock, signal);
await using plans = openRowPlans(engine);
await plans.bind(
  'source',
  `select * replace (product_id + 100000000 * copy as product_id)
   from read_parquet(${quote(`${sample}/promotions/*.parquet`)}), range(${copies}) as copies(copy)`,
  signal,
);
await plans.bind('products', `select * from ${quote(`${sample}/products.parquet`)}`, signal);
const { files, dropped } = await plans.writePartitions(
  {
    relation: promotions(
      { createdBy: 'test', loadedAt: '2026-01-01T00:00:00Z' },
      undefined,
      plain(true),
    ),
    partitionBy: 'week',
    expectedRows: 0,
  },
  `${engine.scratchDir}/out`,
  { onRows: () => undefined },
  signal,
);
process.send?.({
  rows: files.reduce((sum, file) => sum + file.rows, 0),
  dropped,
  peakMb: process.resourceUsage().maxRSS / 1024,
});
