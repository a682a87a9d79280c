import type { FunctionName } from '../../../../plan/functions.ts';
import type { Faults } from './fault.ts';
import { TEXT_FAULTS } from './text.ts';
import { TIME_FAULTS } from './times.ts';
import { VALUE_FAULTS } from './values.ts';

/** A fault of every function: the compiler names those that have none. */
export const FAULTS: Faults<FunctionName> = { ...VALUE_FAULTS, ...TEXT_FAULTS, ...TIME_FAULTS };
