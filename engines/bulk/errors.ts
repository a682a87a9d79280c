import { type ErrorCode, JobError, messageOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { VALUE_ERROR } from '../../plan/duckdb/failure.ts';

const NO_SPACE = /no space left on device|failed to offload|max_temp_directory_size/i;
const OUT_OF_MEMORY = /^Out of Memory Error/i;
const UNREADABLE =
  /no magic bytes|not a parquet file|footer|snappy|zstd|corrupt|decompress|invalid thrift|page header|could not read|failed to read|too small|TProtocolException/i;
const NOT_FOUND = /no files found that match/i;
/** How httpfs and Delta's kernel tell what a storage has answered. */
const HTTP_DENIED = /\bHTTP 40[013]\b|status code: 40[013]\b/;
const HTTP_MISSING = /\bHTTP 404\b|status code: 404\b/;
const HTTP_FAILED =
  /\bHTTP (?:429|5\d\d)\b|status code: (?:429|5\d\d)\b|could not connect to server|could not establish connection|HTTP (?:HEAD|GET) to .* failed|(?:connection|read|operation) timed out|error sending request/i;
/** An overflow, or a cast without a result: of a plan's exact numbers, whose casts DuckDB checks itself. */
const NO_RESULT = /^(?:Out of Range|Conversion) Error: /;
/** A message that plan/duckdb printed into the statement. */
const VALUE_MARK = `Invalid Input Error: ${VALUE_ERROR}`;
const LONGEST_MESSAGE = 700;

const HINTS: Partial<Record<ErrorCode, string>> = {
  DISK_FULL: 'free some space, or set "resources": {"temp_dir": ...} to a larger disk',
  SOURCE_UNREADABLE: 'a file is truncated, damaged or not Parquet: write it again at the source',
  ENGINE_OUT_OF_MEMORY: 'raise "resources": {"memory_mb": ...} or lower "threads"',
  SOURCE_NOT_FOUND: 'check the path in "extractor_config"',
  SOURCE_DENIED: 'allow s3:GetObject there, and check that the credentials have not expired',
  SOURCE_UNAVAILABLE: 'check that the storage can be reached, and retry later',
  VALUE_INVALID:
    'correct the value at the source, or say in the plan what it means: null, a wider type, or a row to leave out',
};

/** A DuckDB failure as a JobError; the statement is kept in the cause, where --verbose shows it. */
export function engineError(thrown: unknown, sql: string): JobError {
  if (thrown instanceof JobError) return thrown;
  // DuckDB's errors are of the main realm, also for code that runs in another.
  const text = Error.isError(thrown) ? thrown.message : messageOf(thrown);
  const code = codeOf(text);
  const message = messageFor(code, text);
  return new JobError(code, message, {
    hint: HINTS[code] ?? 'run again with --verbose for the statement that failed',
    cause: new Error(`${text}\nin: ${sql.slice(0, 4000)}`, { cause: thrown }),
  });
}

function messageFor(code: ErrorCode, text: string): string {
  const shown = firstLine(text);
  if (code === 'SOURCE_UNREADABLE') return `not a whole Parquet file: ${plain(shown)}`;
  if (code !== 'VALUE_INVALID') return shown;
  if (!text.startsWith(VALUE_MARK)) return shown.replace(NO_RESULT, '');
  // The values in it may have line breaks.
  return printable(text.slice(VALUE_MARK.length).slice(0, LONGEST_MESSAGE));
}

function codeOf(text: string): ErrorCode {
  if (text.startsWith(VALUE_MARK)) return 'VALUE_INVALID';
  if (NO_SPACE.test(text)) return 'DISK_FULL';
  if (OUT_OF_MEMORY.test(text)) return 'ENGINE_OUT_OF_MEMORY';
  if (NOT_FOUND.test(text)) return 'SOURCE_NOT_FOUND';
  if (/^(?:HTTP|IO) Error: /.test(text)) {
    if (HTTP_DENIED.test(text)) return 'SOURCE_DENIED';
    if (HTTP_MISSING.test(text)) return 'SOURCE_NOT_FOUND';
    if (HTTP_FAILED.test(text)) return 'SOURCE_UNAVAILABLE';
  }
  // Only a Parquet file holds what raises a TProtocolException, though it does not say so.
  if (/parquet|TProtocolException/i.test(text) && UNREADABLE.test(text)) return 'SOURCE_UNREADABLE';
  return NO_RESULT.test(text) ? 'VALUE_INVALID' : 'ENGINE_FAILED';
}

/** Without the engine's own words for kinds of errors. */
function plain(text: string): string {
  return text.replace(/^(?:Invalid(?: Input)?|IO) Error: /, '');
}

function firstLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim() !== '') ?? text;
  return line.slice(0, 500);
}
