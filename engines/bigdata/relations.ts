import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Aggregate_GroupType,
  type RelationSchema,
} from './generated/spark/connect/relations_pb.ts';

/** What Spark computes rows from; a query's text stands for the relation that it makes. */
export type Relation = MessageInitShape<typeof RelationSchema>;

/** Ids of relations only have to differ within one plan. */
const OBSERVED_PLAN_ID = 1n;

export function relationOf(input: Relation | string): Relation {
  return typeof input === 'string' ? sqlRelation(input) : input;
}

function sqlRelation(query: string): Relation {
  return { relType: { case: 'sql', value: { query } } };
}

/** What a format reads (`parquet`, `delta`, `jdbc`) from paths or by its options. */
export function readRelation(
  format: string,
  paths: readonly string[],
  options: Readonly<Record<string, string>> = {},
  predicates: readonly string[] = [],
): Relation {
  const value = { format, paths: [...paths], options, predicates: [...predicates] };
  return {
    relType: {
      case: 'read',
      value: {
        readType: { case: 'dataSource', value },
      },
    },
  };
}

/** Expressions of SQL over each row. */
export function selected(input: Relation, expressions: readonly string[]): Relation {
  return {
    relType: { case: 'project', value: { input, expressions: expressions.map(sqlExpression) } },
  };
}

export function limited(input: Relation, limit: number): Relation {
  return { relType: { case: 'limit', value: { input, limit } } };
}

/** Rows per value of an expression, in columns of the order value, count. */
export function counted(input: Relation, by: string, count: string): Relation {
  return {
    relType: {
      case: 'aggregate',
      value: {
        input,
        groupType: Aggregate_GroupType.GROUPBY,
        groupingExpressions: [sqlExpression(by)],
        aggregateExpressions: [sqlExpression(count)],
      },
    },
  };
}

/** All rows in one task, so that they are written as one file. */
export function inOneTask(input: Relation): Relation {
  return {
    relType: { case: 'repartition', value: { input, numPartitions: 1, shuffle: false } },
  };
}

function sqlExpression(expression: string) {
  return { exprType: { case: 'expressionString' as const, value: { expression } } };
}

/**
 * The same rows; while they pass, Spark computes `metrics` over them and answers with the values
 * under `name` when the execution ends.
 *
 * @param metrics - result name to SQL aggregate, such as `{ read: 'count(*)' }`.
 */
export function observed(
  input: Relation | string,
  name: string,
  metrics: Readonly<Record<string, string>>,
): Relation {
  return {
    common: { planId: OBSERVED_PLAN_ID },
    relType: {
      case: 'collectMetrics',
      value: {
        input: relationOf(input),
        name,
        metrics: Object.entries(metrics).map(([alias, expression]) => ({
          exprType: {
            case: 'alias' as const,
            value: { name: [alias], expr: sqlExpression(expression) },
          },
        })),
      },
    },
  };
}

/** Names of the metrics of each `observed` relation at the top: Spark 3.5 answers without them. */
export function metricNames(
  relation: Relation | undefined,
): Readonly<Record<string, readonly string[]>> {
  if (relation?.relType?.case !== 'collectMetrics') return {};
  const { input, name = '', metrics = [] } = relation.relType.value;
  const names = metrics.map(({ exprType }) =>
    exprType?.case === 'alias' ? (exprType.value.name?.[0] ?? '') : '',
  );
  return { ...metricNames(input), [name]: names };
}
