import type { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { redactText } from '../../core/redact.ts';
import type { Paint } from './format.ts';

const DEEPEST_CAUSE = 8;

/** One message of what failed, what to do next, and what the caller is told. */
export function errorLines(
  error: JobError,
  paint: Paint,
  { verbose, redact }: { readonly verbose: boolean; readonly redact: (text: string) => string },
): readonly string[] {
  const [first = '', ...others] = error.message.split('\n').map(printable);
  return [
    `${paint('bad', error.code)}  ${first}`,
    ...others,
    ...(error.hint === undefined
      ? []
      : [`${paint('strong', 'what to do next:')} ${printable(error.hint)}`]),
    paint(
      'quiet',
      `exit code ${String(error.exitCode)}${error.retryable ? ', worth a retry' : ''}`,
    ),
    ...(verbose
      ? ['', ...stackLines(error).map((line) => paint('quiet', redactText(redact(line))))]
      : []),
  ];
}

/** The stacks of an error and of its causes. */
function stackLines(error: JobError): readonly string[] {
  const lines: string[] = [];
  let thrown: unknown = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && thrown !== undefined; depth += 1) {
    const text =
      thrown instanceof Error ? (thrown.stack ?? thrown.message) : JSON.stringify(thrown);
    const before = depth === 0 ? '' : 'caused by ';
    lines.push(...`${before}${text}`.split('\n').map(printable));
    thrown = thrown instanceof Error ? thrown.cause : undefined;
  }
  return lines;
}
