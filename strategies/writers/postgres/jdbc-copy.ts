import { asSpark } from '../../../core/engine.ts';
import type { Column } from '../../../core/schema.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import { type CopyInto, rowCounter } from './copy.ts';
import { copyError } from '../../postgres/errors.ts';
import { sparkOptions } from '../../postgres/spark-options.ts';
import { qualified } from '../../postgres/table-name.ts';

/**
 * Connections at once. Each task inserts through one of its own; more of them only wait for the
 * server's disk.
 */
const CONNECTIONS = 4;
/** With rewritten inserts, 10,000 rows a batch was measured best (26 s for 4 million rows). */
const BATCH_ROWS = '10000';

/**
 * Lets Spark insert the result's files through JDBC: no row passes through this process. A task that
 * Spark repeats may insert rows twice, which the count of the staging table then finds.
 */
export const jdbcInto: CopyInto = async (session, endpoint, table, result, onRows, signal) => {
  const filled = result.files.filter((file) => file.rows > 0);
  if (filled.length === 0) return;
  const spark = asSpark(session);
  await spark.useExtension('postgres', signal);
  const view = `to_${table.table.replaceAll(/\W/g, '_')}`;
  await spark.parquet.view(
    view,
    filled.map((file) => file.path),
    signal,
  );
  const columns = result.contract.columns.map(inserted).join(', ');
  const toShare = rowCounter(filled, onRows);
  try {
    await spark.write(
      `select /*+ coalesce(${String(CONNECTIONS)}) */ ${columns} from ${sparkName(view)}`,
      {
        format: 'jdbc',
        mode: 'append',
        options: {
          ...sparkOptions(endpoint),
          dbtable: qualified(table),
          batchsize: BATCH_ROWS,
          reWriteBatchedInserts: 'true',
          // The server takes texts for what the column is.
          stringtype: 'unspecified',
        },
      },
      signal,
      toShare,
    );
  } catch (error) {
    throw copyError(error, endpoint.party);
  }
  toShare(1);
};

/**
 * Dates and instants go as text: JDBC's own classes have the calendar of 1582 in them, in which ten
 * days are missing. The session's time zone is UTC, and a plus sign leads years of five digits.
 */
function inserted({ name, type }: Column): string {
  const column = sparkName(name);
  const text = `ltrim('+', cast(${column} as string))`;
  switch (type.kind) {
    case 'date':
      return `${text} as ${column}`;
    case 'timestamp':
      return `concat(${text}, '+00') as ${column}`;
    default:
      return column;
  }
}
