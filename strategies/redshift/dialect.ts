import type { Dialect } from '../postgres/dialect.ts';
import { redshiftError } from './errors.ts';

/**
 * Redshift speaks version 3 of Postgres' protocol. It has no other isolation than that of the
 * database, serializable or snapshot.
 */
export const redshift: Dialect = {
  scheme: 'redshift',
  // Seventeen digits, by which every double is found again.
  session: `set statement_timeout to 0; set datestyle to 'ISO, YMD'; set timezone to 'UTC'; set extra_float_digits to 2`,
  pid: 'select pg_backend_pid() as pid',
  begin: 'begin',
  error: redshiftError,
};
