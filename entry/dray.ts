import { dray } from './dray-main.ts';
import { processOutput, processSurroundings } from './process.ts';
import { abortOnSignals } from './signals.ts';

process.exitCode = await dray(
  process.argv.slice(2),
  processSurroundings(),
  processOutput(),
  abortOnSignals(),
);
