import { type ErrorCode, JobError, messageOf } from '../../core/errors.ts';

const NO_SPACE = /no space left on device|failed to offload|max_temp_directory_size/i;
const OUT_OF_MEMORY = /^Out of Memory Error/i;
const UNREADABLE =
  /no magic bytes|not a parquet file|footer|snappy|zstd|corrupt|decompress|invalid thrift|page header|could not read|failed to read|too small|TProtocolException/i;
const NOT_FOUND = /no files found that match/i;

const HINTS: Partial<Record<ErrorCode, string>> = {
  DISK_FULL: 'free some space, or set "resources": {"temp_dir": ...} to a larger disk',
  SOURCE_UNREADABLE: 'a file is truncated, damaged or not Parquet: write it again at the source',
  SOURCE_NOT_FOUND: 'check the path in "extractor_config"',
};

/** A DuckDB failure as a JobError; the statement is kept in the cause, where --verbose shows it. */
export function engineError(thrown: unknown, sql: string): JobError {
  if (thrown instanceof JobError) return thrown;
  const text = messageOf(thrown);
  const code = codeOf(text);
  const memory = OUT_OF_MEMORY.test(text)
    ? 'raise "resources": {"memory_mb": ...} or lower "threads"'
    : 'run again with --verbose for the statement that failed';
  const shown = firstLine(text);
  const message =
    code === 'SOURCE_UNREADABLE' ? `not a whole Parquet file: ${plain(shown)}` : shown;
  return new JobError(code, message, {
    hint: HINTS[code] ?? memory,
    cause: new Error(`${text}\nin: ${sql.slice(0, 4000)}`, { cause: thrown }),
  });
}

function codeOf(text: string): ErrorCode {
  if (NO_SPACE.test(text)) return 'DISK_FULL';
  if (NOT_FOUND.test(text)) return 'SOURCE_NOT_FOUND';
  // Only a Parquet file holds what raises a TProtocolException, though it does not say so.
  if (/parquet|TProtocolException/i.test(text) && UNREADABLE.test(text)) return 'SOURCE_UNREADABLE';
  return 'ENGINE_FAILED';
}

/** Without the engine's own words for kinds of errors. */
function plain(text: string): string {
  return text.replace(/^(?:Invalid(?: Input)?|IO) Error: /, '');
}

function firstLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim() !== '') ?? text;
  return line.slice(0, 500);
}
