import { ENGINES, type EngineName } from '../../core/engine.ts';
import {
  capabilities as strategies,
  type Capability,
  notifierNames,
} from '../../strategies/capabilities.ts';
import { defineCommand } from '../command.ts';
import { tableLines } from '../table.ts';
import { paint } from '../wording.ts';

/** `dray capabilities`: what works on which engine, from the strategies themselves. */
export const capabilities = defineCommand({
  usage: 'capabilities',
  summary: 'show what works on which engine',
  flags: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ json }, context) {
    const found = strategies();
    if (json) {
      context.out(JSON.stringify({ strategies: found, notifiers: notifierNames() }, null, 2));
      return await Promise.resolve(0);
    }
    const columns = [{ title: 'STRATEGY' }, ...ENGINES.map((engine) => ({ title: engine }))];
    const rows = found.map((each) => [
      `${each.role} ${each.name}`,
      ...ENGINES.map((engine) => capabilityText(each, engine)),
    ]);
    const [titles = '', ...lines] = tableLines(columns, rows, context.width);
    context.out([paint('bold', titles, context.color), ...lines].join('\n'));
    context.out(`notifiers: ${notifierNames().join(', ')}`);
    return 0;
  },
});

/** `yes`, `no`, or the modes. */
export function capabilityText({ engines, modes }: Capability, engine: EngineName): string {
  if (!engines.includes(engine)) return 'no';
  return modes.length === 0 ? 'yes' : modes.join(', ');
}
