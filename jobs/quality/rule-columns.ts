import { nearest } from '../../core/nearest.ts';
import type { Expression } from '../../plan/expression.ts';

/** The columns that rules can be about, each as an expression over a row that is being checked. */
export interface RuleColumns {
  /** The source's, typed as the plan reads them. */
  readonly source: ReadonlyMap<string, Expression>;
  /** The output's, as far as a row has them before its duplicates are taken out. */
  readonly output: ReadonlyMap<string, Expression>;
  /** Names that source and output share for the same values. */
  readonly shared: ReadonlySet<string>;
  /** Names that there are and that no rule can be about, with the reason. */
  readonly without: ReadonlyMap<string, string>;
}

/** A column that a rule names and that it cannot have. */
class UnknownColumn extends Error {}

/**
 * The column of a name: the output's or the source's. A name that both have for different values
 * needs `source.` or `output.` before it.
 *
 * @throws UnknownColumn with the nearest name, or what to write.
 */
export function columnNamed(name: string, columns: RuleColumns): Expression {
  const { source, output, shared, without } = columns;
  const [, side, own = ''] = /^(source|output)\.(.+)$/su.exec(name) ?? [];
  if (side !== undefined) {
    const found = (side === 'source' ? source : output).get(own);
    if (found !== undefined) return found;
    throw missing(own, side === 'source' ? source : output, without, `the ${side}`);
  }
  const [ofOutput, ofSource] = [output.get(name), source.get(name)];
  if (ofOutput !== undefined && ofSource !== undefined && !shared.has(name)) {
    throw new UnknownColumn(
      `"${name}" is one column of the source and another of the output: write source.${name} or output.${name}`,
    );
  }
  const found = ofOutput ?? ofSource;
  if (found !== undefined) return found;
  throw missing(name, new Map([...source, ...output]), without, 'source and output');
}

function missing(
  name: string,
  candidates: ReadonlyMap<string, Expression>,
  without: ReadonlyMap<string, string>,
  where: string,
): UnknownColumn {
  const reason = without.get(name);
  if (reason !== undefined) return new UnknownColumn(`no rule can be about "${name}": ${reason}`);
  const near = nearest(name, [...candidates.keys()]);
  const meant =
    near === undefined
      ? `; there are ${[...candidates.keys()].join(', ')}`
      : `, did you mean "${near}"?`;
  return new UnknownColumn(`there is no column "${name}" in ${where}${meant}`);
}
