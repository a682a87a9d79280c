import { type ErrorCode, JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

/** Whom an error is about; never the password. */
export interface Party {
  readonly user: string;
  readonly target: string;
}

const NETWORK_CODE =
  /^(ECONN\w+|ENOTFOUND|EAI_\w+|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EPIPE)$/;

/**
 * SQLSTATEs by their beginning, the longest match counts.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const STATES: Readonly<Record<string, ErrorCode>> = {
  '08': 'TARGET_UNAVAILABLE',
  '25P03': 'TARGET_UNAVAILABLE',
  '28': 'TARGET_DENIED',
  '3D000': 'TARGET_DENIED',
  '40001': 'TARGET_CONFLICT',
  '40P01': 'TARGET_CONFLICT',
  '42501': 'TARGET_DENIED',
  '53100': 'DISK_FULL',
  '53300': 'TARGET_UNAVAILABLE',
  '55P03': 'LOCK_TIMEOUT',
  '57P': 'TARGET_UNAVAILABLE',
};

/** Messages that come without a SQLSTATE: from libpq, through DuckDB, and from the driver. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/password authentication failed|no password supplied|client password must be/i, '28P01'],
  [/no pg_hba\.conf entry|role "[^"]*" does not exist|is not permitted to log in/i, '28000'],
  [/database "[^"]*" does not exist/i, '3D000'],
  [/permission denied|must be owner of/i, '42501'],
  [/no space left on device|could not extend file/i, '53100'],
  [/too many (clients|connections)|remaining connection slots/i, '53300'],
  [/canceling statement due to lock timeout/i, '55P03'],
  [/deadlock detected/i, '40P01'],
  [/starting up|shutting down|terminating connection|recovery mode/i, '57P03'],
  [
    /connection refused|could not translate host|timeout expired|no route to host|network is unreachable|connection terminated|connection reset|server closed the connection|could not receive data|could not send data|connection error and is not queryable|connection timed out/i,
    '08006',
  ],
  [/null byte|nul byte|invalid byte sequence for encoding "UTF8": 0x00/i, '22021'],
  [/duplicate key value/i, '23505'],
  [/value too long for type/i, '22001'],
];

const ABOUT_TLS = /certificate|altnames|does not support SSL/i;
const TLS_HINT = 'check the connection properties "sslmode" and "sslrootcert"';

const STATE_HINTS: Readonly<Record<string, string>> = {
  '22021': 'Postgres cannot store a NUL character in text: remove it at the source',
  '23505':
    'two rows have the same key: look for rows of another key in the target, or other loaders',
  '25006': 'this server takes no writes: connect to the primary',
  '3D000': 'create the database, or name another one in "jdbc_url"',
  '3F000': 'create the schema, or name another one in "table"',
};

/** A failure of `pg` as a JobError with the SQLSTATE in its message. */
export function postgresError(thrown: unknown, party: Party): JobError {
  if (thrown instanceof JobError) return thrown;
  const text = textOf(thrown);
  const system = systemCodeOf(thrown);
  if (system !== undefined && NETWORK_CODE.test(system)) {
    return failure('08006', `${text} (${system})`, party, thrown);
  }
  const state = system !== undefined && /^[0-9A-Z]{5}$/.test(system) ? system : stateOfText(text);
  return failure(state, text, party, thrown);
}

/**
 * A failure of the engine as one of Postgres, when its text says that it came from there; any other
 * error is given back as it is.
 */
export function copyError(thrown: unknown, party: Party): unknown {
  if (!(thrown instanceof JobError) || !['ENGINE_FAILED', 'DISK_FULL'].includes(thrown.code)) {
    return thrown;
  }
  const text = `${thrown.message}\n${messageOf(thrown.cause).split('\nin: ')[0] ?? ''}`;
  const state = stateOfText(text);
  const server = /(?:ERROR|FATAL|PANIC):\s+(.+)/.exec(text)?.[1];
  if (thrown.code === 'DISK_FULL' && server === undefined) return thrown;
  if (state === undefined && server === undefined) return thrown;
  return failure(state, server ?? thrown.message, party, thrown);
}

function failure(state: string | undefined, text: string, party: Party, cause: unknown): JobError {
  const code = codeOf(state ?? '');
  const shown = state === undefined || text.includes('(E') ? text : `${text} (SQLSTATE ${state})`;
  const known = state === undefined && ABOUT_TLS.test(text) ? TLS_HINT : STATE_HINTS[state ?? ''];
  const hint = known ?? hintOf(code, party);
  return new JobError(code, `${party.target}: ${shown}`, { hint, cause });
}

function codeOf(state: string): ErrorCode {
  const match = Object.keys(STATES)
    .filter((start) => state.startsWith(start))
    .sort((a, b) => b.length - a.length)[0];
  return (match === undefined ? undefined : STATES[match]) ?? 'TARGET_FAILED';
}

function hintOf(code: ErrorCode, { user, target }: Party): string {
  switch (code) {
    case 'TARGET_DENIED':
      return `check that user "${user}" exists, its password, and its rights at ${target}`;
    case 'TARGET_UNAVAILABLE':
      return `check that ${target} is up and can be reached from here, then retry`;
    case 'DISK_FULL':
      return `free some space on the server of ${target}`;
    case 'LOCK_TIMEOUT':
      return 'another session holds a lock on the table: retry later, or raise "lock_timeout_s"';
    case 'TARGET_CONFLICT':
      return 'another session got in the way: retry';
    default:
      return 'the server log has the details';
  }
}

function stateOfText(text: string): string | undefined {
  return TEXTS.find(([pattern]) => pattern.test(text))?.[1];
}

/** Node gathers the failures of several addresses in one error without a message of its own. */
function textOf(thrown: unknown): string {
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : undefined;
  const text = messageOf(thrown) || messageOf(first ?? thrown);
  return text.split('\n')[0] ?? text;
}
