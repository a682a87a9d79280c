import { genericEntry } from './generic-main.ts';
import { abortWithLauncher } from './parent.ts';
import { processOutput, processSurroundings } from './process.ts';
import { abortOnSignals } from './signals.ts';

process.exitCode = await genericEntry(
  process.argv.slice(2),
  processSurroundings(),
  processOutput(),
  AbortSignal.any([abortOnSignals(), abortWithLauncher(process.env)]),
);
