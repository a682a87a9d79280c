import { ENGINES, type EngineName } from '../core/engine.ts';
import { MODES, type Mode } from '../core/ledger.ts';
import { notifiers, readers, writers } from './registry.ts';

/** What one strategy can do, as its own definition says. */
export interface Capability {
  readonly role: 'reader' | 'writer';
  /** Its name on the wire: `PARQUET`. */
  readonly name: string;
  /** Engines that it works on, in the order of `ENGINES`. */
  readonly engines: readonly EngineName[];
  /** Modes that it has on each of them; a reader has none. */
  readonly modes: readonly Mode[];
}

/** Every reader and writer there is. What is not here is refused, and never ignored. */
export function capabilities(): readonly Capability[] {
  return [
    ...Object.entries(readers).map(([name, { on }]): Capability => {
      return { role: 'reader', name, engines: enginesOf(on), modes: [] };
    }),
    ...Object.entries(writers).map(([name, { on, modes }]): Capability => {
      const ordered = MODES.filter((mode) => modes.includes(mode));
      return { role: 'writer', name, engines: enginesOf(on), modes: ordered };
    }),
  ];
}

/** Names of the notifiers on the wire. */
export function notifierNames(): readonly string[] {
  return Object.keys(notifiers);
}

function enginesOf(on: Partial<Record<EngineName, unknown>>): readonly EngineName[] {
  return ENGINES.filter((engine) => on[engine] !== undefined);
}
