import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SparkTarget } from '../../core/engine.ts';
import {
  type CommandSchema,
  WriteOperation_SaveMode,
  WriteOperation_SaveTable_TableSaveMethod,
} from './generated/spark/connect/commands_pb.ts';
import { type Relation, relationOf } from './relations.ts';

export type Command = MessageInitShape<typeof CommandSchema>;

/** Where Spark puts rows, and how; a format without `path` and `table` is told by its options. */
export interface SparkWrite extends SparkTarget {
  /** `save` makes the table when it is not there and goes by names, `insert` goes by positions. */
  readonly table?: { readonly name: string; readonly how: 'save' | 'insert' };
}

const MODES = {
  append: WriteOperation_SaveMode.APPEND,
  overwrite: WriteOperation_SaveMode.OVERWRITE,
  error: WriteOperation_SaveMode.ERROR_IF_EXISTS,
} as const;

const METHODS = {
  save: WriteOperation_SaveTable_TableSaveMethod.SAVE_AS_TABLE,
  insert: WriteOperation_SaveTable_TableSaveMethod.INSERT_INTO,
} as const;

export function writeCommand(input: Relation | string, target: SparkWrite): Command {
  const { format, mode, partitionBy = [], options = {} } = target;
  return {
    commandType: {
      case: 'writeOperation',
      value: {
        input: relationOf(input),
        source: format,
        mode: MODES[mode],
        partitioningColumns: [...partitionBy],
        options,
        saveType: saveType(target),
      },
    },
  };
}

function saveType({ path, table }: SparkWrite) {
  if (path !== undefined) return { case: 'path', value: path } as const;
  if (table === undefined) return { case: undefined } as const;
  return {
    case: 'table',
    value: { tableName: table.name, saveMethod: METHODS[table.how] },
  } as const;
}

export function viewCommand(name: string, input: Relation | string): Command {
  return {
    commandType: {
      case: 'createDataframeView',
      value: { name, input: relationOf(input), isGlobal: false, replace: true },
    },
  };
}

/** Runs a command's text at once; of a query it only makes the relation. */
export function sqlCommand(sql: string): Command {
  return {
    commandType: {
      case: 'sqlCommand',
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- all that 3.5 reads; later servers read the relation
      value: { sql, input: relationOf(sql) },
    },
  };
}
