import type { Envelope, SealOptions } from '../../platforms/envelope.ts';
import type { DagNode } from '../model.ts';
import type { Py } from './python.ts';

/** How a task is written down: everything but what it has of its place in the DAG. */
export interface Operator {
  /** Of a provider, as `imports.ts` has it. */
  readonly name: string;
  /** Its exit code is seen: some are not worth Airflow's retry. */
  readonly seesExitCode?: true;
  readonly args: Readonly<Record<string, Py | undefined>>;
  /** The argument that holds the config, once for each config. */
  readonly mapped: { readonly name: string; readonly values: readonly Py[] };
}

/** What an operator may need to know of the DAG around it. */
export interface OperatorContext {
  readonly timezone: string;
  /** People may give parameters, which Databricks' operator adds to what it sends. */
  readonly hasParams: boolean;
  /** Takes a config that is too long for arguments of a platform, for its folder in S3. */
  readonly uploadTo: (folder: string | undefined) => SealOptions['upload'] | undefined;
  /** The variable of the file that holds a node. */
  readonly variableOf: (node: DagNode) => string;
  /** A config that arguments hold: the file has it as a dict, and puts it into its form. */
  readonly sealed: (envelope: Envelope, config: unknown) => void;
  /** Tells what is wrong with the node. */
  readonly problem: (text: string) => void;
}
