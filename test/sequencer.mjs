import Sequencer from '@jest/test-sequencer';

/**
 * Minutes of work in files of a few lines. Jest goes by the size of files as long as it knows no times,
 * on a fresh clone, and would begin these last, with one of two workers idle.
 */
const FIRST = [
  'e2e/walk/delta',
  'e2e/walk/parquet',
  'e2e/walk/redshift',
  'e2e/walk/postgres',
  'conformance/engine/engine',
  'strategies/delta/many-writers',
  'jobs/quality/spark',
  'strategies/writers/extremes/spark',
  'strategies/delta/spark-merge',
  'strategies/delta/spark',
  'e2e/engines',
  'e2e/spark-kill',
];

function placeOf({ path }) {
  const found = FIRST.findIndex((name) => path.includes(`/test/${name}.`));
  return found === -1 ? FIRST.length : found;
}

export default class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
