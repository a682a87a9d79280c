import type { JobError } from '../../core/errors.ts';
import { type Party, postgresError } from './errors.ts';

/** In what servers differ that speak the protocol of Postgres. */
export interface Dialect {
  /** Of the URL by which messages name a database: `postgresql`. */
  readonly scheme: string;
  /** What each new session runs first. */
  readonly session: string;
  /** Selects `pid`, by which another session can cancel a statement of this one. */
  readonly pid: string;
  readonly begin: string;
  /** A failure of `pg` as a JobError. */
  error(thrown: unknown, party: Party): JobError;
}

export const postgres: Dialect = {
  scheme: 'postgresql',
  session: `set statement_timeout = 0; set datestyle = 'ISO, YMD'; set timezone = 'UTC';
    set intervalstyle = 'postgres'; set standard_conforming_strings = on;
    set client_min_messages = warning`,
  // Sessions are idle while the result is computed; servers before 14 do not have the setting.
  pid: `select pg_backend_pid() as pid, (select set_config(name, '0', false)
    from pg_settings where name = 'idle_session_timeout')`,
  begin: 'begin isolation level read committed',
  error: postgresError,
};
