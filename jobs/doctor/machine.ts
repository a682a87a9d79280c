import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { messageOf } from '../../core/errors.ts';
import { type Finding, note, ok, red } from '../../core/finding.ts';

const GIB = 2 ** 30;
/** DuckDB's default limit and Node itself. */
const TIGHT_MEMORY = 1.5 * GIB;
const LEAST_MEMORY = 0.5 * GIB;
/** Results are spilled before they are loaded. */
const TIGHT_DISK = 5 * GIB;
const LEAST_DISK = 0.5 * GIB;

/** Node, and the C library that native modules need. */
export function nodeFinding(): Finding {
  const { version, platform, arch } = process;
  return ok('Node', `${version.slice(1)}, ${glibc() ?? 'no glibc'}, ${platform} ${arch}`);
}

function glibc(): string | undefined {
  // Else it looks up the names of all peers, which may take minutes.
  const report: { excludeNetwork?: boolean; getReport(): object } = process.report;
  report.excludeNetwork = true;
  const { header } = report.getReport() as {
    readonly header?: { readonly glibcVersionRuntime?: string };
  };
  const version = header?.glibcVersionRuntime;
  return version === undefined ? undefined : `glibc ${version}`;
}

/** Memory that this process may use: in a container, its limit. */
export function memoryFinding(): Finding {
  const limit = process.constrainedMemory();
  const total = totalmem();
  const isLimited = limit > 0 && limit < total;
  const bytes = isLimited ? limit : total;
  const cores = String(availableParallelism());
  const text = `${gib(bytes)}${isLimited ? ` (limit of the container, of ${gib(total)})` : ''}, ${cores} cores`;
  const fix = 'give it 2 GiB or more; "resources.memory_mb" keeps DuckDB below its own limit';
  if (bytes < LEAST_MEMORY) return red('memory', text, fix);
  return bytes < TIGHT_MEMORY ? note('memory', text, fix) : ok('memory', text);
}

/** Space where results are kept until they are loaded. */
export async function diskFinding(folder: string): Promise<Finding> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    const free = bavail * bsize;
    const text = `${gib(free)} of ${gib(blocks * bsize)} free in ${folder}`;
    const fix = 'free some, or set TMPDIR or "resources.temp_dir" to a larger disk';
    if (free < LEAST_DISK) return red('disk', text, fix);
    return free < TIGHT_DISK ? note('disk', text, fix) : ok('disk', text);
  } catch (error) {
    return red('disk', `${folder}: ${messageOf(error)}`, 'set TMPDIR to a folder that is there');
  }
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
