import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/**
 * When a process began, in words that only it has: of Linux's /proc, else of ps. PATH is the job's own
 * and may hold nothing, so a shell's built-ins have to do. What the second field holds, the name, may
 * have spaces and brackets; of the fields behind it the twentieth is the beginning.
 */
const BEGAN = `began() {
  if [ ! -r /proc/self/stat ]; then /bin/ps -o lstart= -p "$1"; return; fi
  { IFS= read -r stat < "/proc/$1/stat"; } 2>/dev/null || return
  set -f; set -- \${stat##*) }; set +f
  echo "\${20}"
}`;

/**
 * Runs a command for whoever is there when it ends. The file `pid` is made by one of any number of
 * these: the others leave at once. Signals are for the command; this waits for its end. Where nobody
 * listens any more, only the subshell dies of saying so.
 */
const KEEPER = `
folder=$1; shift
trap : TERM INT
${BEGAN}
set -C
{ echo "$$ $(began $$)" > "$folder/pid"; } 2>/dev/null || { echo taken; exit; }
set +C
(echo started)
exec > "$folder/stdout" 2> "$folder/stderr"
"$@"
echo $? > "$folder/exit"`;

/**
 * Starts a command in a session of its own, unless the folder has one already.
 *
 * @param withinMs - how long the machine may take to begin.
 * @throws Error when nobody knows whether it has begun.
 */
export async function startKept(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  withinMs: number,
): Promise<void> {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'dray', folder, ...command], {
    ...{ env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
  });
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(withinMs);
  try {
    await Promise.race([once(lines, 'line', { signal }), once(child, 'exit', { signal })]);
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

/** When a process began; undefined: there is none. */
export async function beganAt(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('/bin/sh', [
    '-c',
    `${BEGAN}; began "$1"; :`,
    'dray',
    String(pid),
  ]);
  const began = stdout.trim();
  return began === '' ? undefined : began;
}
