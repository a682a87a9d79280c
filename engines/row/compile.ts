import { columnsIn } from '../../plan/lineage.ts';
import type { RelationNode, Union } from '../../plan/relation.ts';
import { aggregateRows } from './aggregate.ts';
import { dedupeRows } from './dedupe.ts';
import { joinRows } from './join.ts';
import { mapRows } from './map-row.ts';
import { filterRows, selectRows } from './project.ts';
import { readRows } from './read.ts';
import { sortRows } from './sort.ts';
import { columnIndex, fieldsNamed, type PlanRun, type Stream } from './stream.ts';

/**
 * Makes a node run row by row.
 *
 * @param needed - names of the columns that the consumer looks at; no others are made, or even read.
 */
export function compileNode(node: RelationNode, needed: ReadonlySet<string>, run: PlanRun): Stream {
  const input = (each: RelationNode, names: Iterable<string>): Stream =>
    // Whoever is told of failing rows wants to see them whole.
    compileNode(each, run.onRowError === undefined ? new Set(names) : allOf(each), run);
  switch (node.op) {
    case 'read':
      return readRows(node, needed, run);
    case 'select': {
      const columns = node.columns.filter(({ name }) => needed.has(name));
      const names = columns.flatMap(({ expression }) => columnsIn(expression));
      return selectRows(node, columns, input(node.input, names), run);
    }
    case 'filter':
      return filterRows(node, input(node.input, [...needed, ...columnsIn(node.where)]), run);
    case 'dedupe':
      // All columns: those beside key and order decide between rows that are equal in both.
      return dedupeRows(node, input(node.input, node.key), input(node.input, allOf(node)), run);
    case 'join': {
      const ofLeft = allOf(node.left);
      const wanted = [...needed];
      const left = wanted.filter((name) => ofLeft.has(name));
      const right = wanted.filter((name) => !ofLeft.has(name));
      return joinRows(
        node,
        input(node.left, [...left, ...node.on.map((pair) => pair.left)]),
        input(node.right, [...right, ...node.on.map((pair) => pair.right)]),
        run,
      );
    }
    case 'aggregate': {
      const names = node.measures.flatMap(({ aggregate }) => aggregate.args.flatMap(columnsIn));
      return aggregateRows(node, input(node.input, [...node.by, ...names]), run);
    }
    case 'union': {
      const names = node.fields.map(({ name }) => name).filter((name) => needed.has(name));
      return unionRows(
        node,
        node.inputs.map((each) => input(each, names)),
        names,
      );
    }
    case 'sort':
      return sortRows(
        node,
        input(node.input, [...needed, ...node.by.map((key) => key.column)]),
        run,
      );
    case 'mapRow':
      // The function may look at everything.
      return mapRows(node, input(node.input, allOf(node.input)), run);
    case 'sql':
      throw new TypeError('a sql step does not run on the row engine');
  }
}

function allOf(node: RelationNode): ReadonlySet<string> {
  return new Set(node.fields.map(({ name }) => name));
}

function unionRows(node: Union, inputs: readonly Stream[], names: readonly string[]): Stream {
  const fields = fieldsNamed(node, names);
  return {
    fields,
    async run(pass, emit) {
      for (const input of inputs) {
        const order = fields.map(({ name }) => columnIndex(input.fields, name));
        await input.run(pass, (batch) => {
          emit({ ...batch, columns: order.map((at) => batch.columns[at] ?? []) });
        });
      }
    },
  };
}
