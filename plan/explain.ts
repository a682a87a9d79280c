import { describeAggregate } from './aggregate.ts';
import { describeExpression } from './expression.ts';
import { inputsOf, type RelationNode, type SortKey } from './relation.ts';
import { planTypeName } from './types.ts';

/** A plan as a tree, the last step first, one line a node. */
export function explain(node: RelationNode): string {
  return linesOf(node).join('\n');
}

function linesOf(node: RelationNode): readonly string[] {
  const inputs = inputsOf(node).map(linesOf);
  const nested = inputs.flatMap((lines, index) => {
    const last = index === inputs.length - 1;
    return lines.map((line, at) =>
      at === 0 ? `${last ? '└─ ' : '├─ '}${line}` : `${last ? '   ' : '│  '}${line}`,
    );
  });
  return [describeNode(node), ...nested];
}

/** One node in one line, as messages name it. */
export function describeNode(node: RelationNode): string {
  switch (node.op) {
    case 'read':
      return `read ${node.source} (${node.fields.map((field) => `${field.name} ${planTypeName(field.type)}`).join(', ')})`;
    case 'select': {
      const made = node.columns.filter(
        ({ name, expression }) => expression.op !== 'column' || expression.name !== name,
      );
      const kept = node.columns.length - made.length;
      const shown = made.map(
        ({ name, expression }) => `${name} = ${describeExpression(expression)}`,
      );
      return `select ${[...(kept > 0 ? [`${String(kept)} columns`] : []), ...shown].join(', ')}`;
    }
    case 'filter':
      return `filter ${describeExpression(node.where)}`;
    case 'dedupe':
      return `dedupe by ${node.key.join(', ')} keeping ${node.keep.map(describeKey).join(', ') || 'any'}`;
    case 'join':
      return `${node.how} join on ${node.on.map(({ left, right }) => (left === right ? left : `${left} = ${right}`)).join(', ')}`;
    case 'aggregate': {
      const measures = node.measures.map(
        ({ name, aggregate }) => `${name} = ${describeAggregate(aggregate)}`,
      );
      return `aggregate ${node.by.length > 0 ? `by ${node.by.join(', ')}: ` : ''}${measures.join(', ')}`;
    }
    case 'union':
      return 'union';
    case 'sort':
      return `sort by ${node.by.map(describeKey).join(', ')}${node.limit === undefined ? '' : `, first ${String(node.limit)}`}`;
    case 'sql':
      return `sql for ${Object.keys(node.text).join(' and ')}`;
    case 'mapRow':
      return `mapRow ${node.name}`;
  }
}

function describeKey({ column, descending, nulls }: SortKey): string {
  return `${column}${descending ? ' descending' : ''}${nulls === 'first' ? ' nulls first' : ''}`;
}
