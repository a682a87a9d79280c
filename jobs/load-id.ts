import { createHash } from 'node:crypto';
import type { Mode } from '../core/ledger.ts';
import type { SourcePart } from '../core/strategy.ts';
import type { Window } from '../core/window.ts';

/** Everything that decides the content of a load, and nothing else. */
export interface LoadIdentity {
  readonly job: string;
  readonly target: string;
  readonly mode: Mode;
  readonly window?: Window;
  /** The transform's text and the config that changes content. */
  readonly plan: string;
  readonly source: readonly SourcePart[];
  readonly inputs: readonly SourcePart[];
}

/** 32 hex digits; equal for two loads exactly when the second would write the same content. */
export function loadIdOf(identity: LoadIdentity): string {
  const { job, target, mode, window, plan, source, inputs } = identity;
  const text = JSON.stringify([job, target, mode, window ?? null, plan, source, inputs]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
