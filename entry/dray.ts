import { dray } from './dray-main.ts';
import { processOutput, processSurroundings } from './process.ts';
import { stopSignals } from './signals.ts';

const signals = stopSignals();

process.exitCode = await dray(
  process.argv.slice(2),
  { ...processSurroundings(), takeSecondSignal: () => signals.takeSecond() },
  processOutput(),
  signals.first,
);
