import { join } from 'node:path';
import { quote, type SqlSession } from '../../../core/engine.ts';

const forever = new AbortController().signal;

/** A promotion as the source has it; null where a test wants one missing. */
export interface RawPromotion {
  readonly product: number | bigint | null;
  readonly store: number | bigint | null;
  readonly week: number | null;
  readonly display?: string | null;
  readonly mailer?: string | null;
}

/** Writes rows as a source file would hold them, types included. */
export async function writePromotions(
  session: SqlSession,
  folder: string,
  rows: readonly RawPromotion[],
): Promise<string> {
  const path = join(folder, 'promotions.parquet');
  const values = rows.map(
    ({ product, store, week, display = '0', mailer = '0' }) =>
      `(${number(product)}, ${number(store)}, ${text(display)}, ${text(mailer)}, ${number(week)})`,
  );
  await session.run(
    `copy (select product_id::bigint as product_id, store_id::bigint as store_id,
       display_location::varchar as display_location, mailer_location::varchar as mailer_location,
       week::bigint as week
       from (values ${values.join(', ')}) as t(product_id, store_id, display_location, mailer_location, week))
     to ${quote(path)} (format parquet)`,
    forever,
  );
  return path;
}

function number(value: number | bigint | null): string {
  return value === null ? 'null' : String(value);
}

function text(value: string | null): string {
  return value === null ? 'null' : quote(value);
}
