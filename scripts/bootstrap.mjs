// Plain JavaScript for Node 20 and newer, without dependencies: this is what runs on a fresh clone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const WINDOWS = process.platform === 'win32';

/** The Node that package.json pins, installed by npm like any other package. */
export const PINNED_NODE = join(ROOT, 'node_modules/node/bin', WINDOWS ? 'node.exe' : 'node');

/** What dray's Node runs with: docs/operations.md, "Memory". */
export const NODE_FLAGS = ['--max-semi-space-size=8'];

/** npm repeats a terminal's Ctrl-C to its script; the same signal within this time is one press. */
const SAME_PRESS_MS = 250;

function readJson(...path) {
  return JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'));
}

/** Why node_modules does not fit package-lock.json, or undefined when it does. */
export function whyStale() {
  if (!existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return 'nothing is installed yet';
  if (!existsSync(PINNED_NODE)) return 'the pinned Node is missing';
  const wanted = readJson('package-lock.json').packages;
  const found = readJson('node_modules/.package-lock.json').packages;
  for (const [path, { version, optional, link, peer }] of Object.entries(wanted)) {
    if (path === '' || link || peer) continue;
    const installed = found[path];
    if (installed === undefined ? !optional : installed.version !== version) {
      return `${path} is ${installed?.version ?? 'missing'}, package-lock.json says ${version}`;
    }
  }
  return undefined;
}

/** Installs what package-lock.json names when node_modules is missing or out of date. */
export function ensureInstalled() {
  const reason = whyStale();
  if (reason === undefined) return;
  process.stderr.write(`installing packages with npm ci: ${reason}\n`);
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--loglevel=error'],
    {
      cwd: ROOT,
      stdio: ['ignore', process.stderr, 'inherit'],
      shell: WINDOWS,
    },
  );
  if (status === 0 && existsSync(PINNED_NODE)) return;
  const why = error ? `npm did not start: ${error.message}` : `npm ci ended with ${status}`;
  process.stderr.write(`could not install packages: ${why}\n`);
  process.exit(status || 1);
}

/** Whether this process already runs on the Node that package.json pins. */
export function onPinnedNode() {
  return process.version === `v${readJson('package.json').devDependencies.node}`;
}

/**
 * Runs the pinned Node with `args`, its input and output ours, and resolves to its exit code
 * (128 + n when signal n ended it).
 *
 * The child has a process group of its own, so that a terminal's Ctrl-C reaches it through us,
 * once, and not a second time from the terminal.
 */
export function runPinned(args, { env = process.env } = {}) {
  const child = spawn(PINNED_NODE, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
    detached: !WINDOWS,
    env: { ...env, PATH: `${dirname(PINNED_NODE)}${WINDOWS ? ';' : ':'}${env.PATH ?? ''}` },
  });
  const lastMs = new Map();
  const forward = (signal) => {
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(signal) ?? -Infinity) < SAME_PRESS_MS) return;
    lastMs.set(signal, nowMs);
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(signal === null ? code : 128 + constants.signals[signal]);
    });
  });
}

/** Goes on in this process when it is the pinned Node, else repeats the script there and exits. */
export async function continueOnPinnedNode(scriptUrl) {
  ensureInstalled();
  if (onPinnedNode()) return;
  process.exit(await runPinned([fileURLToPath(scriptUrl), ...process.argv.slice(2)]));
}
