import { JobError, toJobError } from '../core/errors.ts';
import type { AfterLoad, CatalogWork } from '../core/strategy.ts';
import type { JobContext } from './job.ts';
import type { ClaimedSink } from './sinks.ts';

/** What would be done in a catalog. */
export interface CatalogPreview {
  readonly place: string;
  readonly steps: readonly string[];
  /** Why that cannot be told. */
  readonly problem?: string;
}

/**
 * Brings the catalogs that know the targets up to date. The loads are committed, so whatever fails here
 * is a warning; the next run, also one that loads nothing, asks the catalog again.
 *
 * @param signal - also ends with the claims: whoever took one over does this work too.
 */
export async function updateCatalogs(
  sinks: readonly ClaimedSink[],
  context: JobContext,
  signal: AbortSignal,
): Promise<void> {
  const known = sinks.flatMap(({ plan: { name }, sink: { afterLoad } }) =>
    afterLoad === undefined ? [] : [{ name, afterLoad }],
  );
  if (known.length === 0) return;
  await context.step('catalog', async () => {
    for (const { name, afterLoad } of known) await update(name, afterLoad, context, signal);
  });
}

async function update(
  sink: string,
  { place, open }: AfterLoad,
  context: JobContext,
  signal: AbortSignal,
): Promise<void> {
  const failed = async (error: unknown, step?: string): Promise<void> => {
    const { code, message, hint } = toJobError(error);
    const what = step === undefined ? '' : `${step}: `;
    context.warn(
      `${sink} is loaded, but not up to date in ${place}: ${what}${message} (${code})` +
        `${hint === undefined ? '' : `; ${hint}`}; the next run tries again`,
    );
    await context.event('catalog.failed', { sink, place, code, message, ...(step && { step }) });
  };
  let done = 0;
  try {
    signal.throwIfAborted();
    await using work: CatalogWork = await open(signal);
    for (const step of work.steps) {
      try {
        await step.run(signal);
        done += 1;
      } catch (error) {
        await failed(error, step.text);
        if (step.isFirst === true || signal.aborted) break;
      }
    }
  } catch (error) {
    await failed(error);
  }
  if (done > 0) await context.event('catalog.updated', { sink, place, steps: done });
}

/** Asks the catalog; a catalog that does not answer says so in the preview. */
export async function previewCatalog(
  { place, open }: AfterLoad,
  signal: AbortSignal,
): Promise<CatalogPreview> {
  try {
    await using work = await open(signal);
    return { place, steps: work.steps.map(({ text }) => text) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof JobError)) throw error;
    return { place, steps: [], problem: `${error.message} (${error.code})` };
  }
}
