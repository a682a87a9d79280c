import { JobError } from '../../core/errors.ts';
import type { SparkValue } from './arrow.ts';
import { dateText, timestampText } from './datetime-text.ts';
import type { Expression_Literal } from './generated/spark/connect/expressions_pb.ts';

/** A literal of a response as the value that the same column of a query would give. */
export function literalValue({ literalType }: Expression_Literal): SparkValue {
  switch (literalType.case) {
    case undefined:
    case 'null':
      return null;
    case 'decimal':
      return literalType.value.value;
    case 'date':
      return dateText(literalType.value);
    case 'timestamp':
      return `${timestampText(literalType.value)}+00`;
    case 'timestampNtz':
      return timestampText(literalType.value);
    case 'array':
      return literalType.value.elements.map(literalValue);
    case 'binary':
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
      return literalType.value;
    default:
      throw new JobError(
        'NOT_SUPPORTED',
        `a metric of the type "${literalType.case}" is not read`,
        {
          hint: 'observe plain values: counts, sums, minima, maxima',
        },
      );
  }
}
