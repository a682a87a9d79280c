import type { Clock } from '../../core/clock.ts';
import { type Finding, note, ok, red } from '../../core/finding.ts';
import type { Surroundings } from '../context.ts';

const ANSWER_MS = 4_000;
/** The header counts in seconds, and the answer takes a moment. */
const FINE_S = 5;
/** AWS refuses signatures that are 5 minutes off, some services 15. */
const TOO_FAR_S = 240;
const SYNC = 'let the system keep its time: timedatectl set-ntp true, or chronyd';

/**
 * This machine's clock against a server's that the user has to do with.
 *
 * @param known - the time that one has told already.
 */
export async function clockFinding(
  { env }: Surroundings,
  clock: Clock,
  known: { readonly server: string; readonly time: Date; readonly at: Date } | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const asked = known ?? (await firstTime(env, clock, signal));
  if (asked === undefined) {
    const text = 'not compared: no server that tells the time is within reach';
    return note('clock', text, 'with a network, dray doctor compares it with that of AWS');
  }
  const skew = Math.round((asked.at.getTime() - asked.time.getTime()) / 1000);
  const seconds = Math.abs(skew);
  if (seconds <= FINE_S) return ok('clock', `as ${asked.server} has it`);
  const text = `${String(seconds)} s ${skew > 0 ? 'ahead of' : 'behind'} ${asked.server}`;
  return seconds < TOO_FAR_S
    ? note('clock', text, SYNC)
    : red('clock', `${text}: signed requests will be refused`, SYNC);
}

async function firstTime(env: Surroundings['env'], clock: Clock, signal: AbortSignal) {
  const own = [
    'AWS_ENDPOINT_URL_STS',
    'AWS_ENDPOINT_URL_S3',
    'AWS_ENDPOINT_URL',
    'DATABRICKS_HOST',
  ];
  const urls = [...own.map((name) => env[name] ?? ''), 'https://sts.amazonaws.com']
    .filter((text) => text !== '')
    .map((text) => (/^https?:\/\//.test(text) ? text : `https://${text}`))
    .filter((text) => URL.canParse(text));
  const answers = await Promise.all(
    urls.map(async (url) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const options = { method: 'HEAD', redirect: 'manual', signal: limited } as const;
      const response = await fetch(url, options).catch(() => undefined);
      const time = new Date(response?.headers.get('date') ?? '');
      return { server: new URL(url).host, time, at: clock.now() };
    }),
  );
  signal.throwIfAborted();
  return answers.find(({ time }) => !Number.isNaN(time.getTime()));
}
