import type { TelemetryBody } from '../../../core/telemetry.ts';
import type { ResultLine } from '../../../jobs/result-line.ts';
import { duration } from '../../terminal/format.ts';
import type { PipesContext } from './parameters.ts';

/** @see https://pypi.org/project/dagster-pipes/ - `PIPES_PROTOCOL_VERSION` */
const PROTOCOL_VERSION = '0.1';

export interface PipesMessage {
  readonly __dagster_pipes_version: typeof PROTOCOL_VERSION;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export function pipesMessage(method: string, params: PipesMessage['params']): PipesMessage {
  return { __dagster_pipes_version: PROTOCOL_VERSION, method, params };
}

const log = (level: 'INFO' | 'WARNING', message: string) => pipesMessage('log', { message, level });

/** What Dagster is told while the run works; undefined: nothing. */
export function whileRunning(body: TelemetryBody): PipesMessage | undefined {
  switch (body.kind) {
    case 'log':
      return log(body.level === 'warning' ? 'WARNING' : 'INFO', body.text);
    case 'step': {
      const { name, state, started_at: started, ended_at: ended } = body;
      if (ended === undefined) return log('INFO', `${name}: started`);
      const took = duration((Date.parse(ended) - Date.parse(started)) / 1000);
      return log('INFO', `${name}: ${state === 'COMPLETED' ? 'done' : 'failed'} in ${took}`);
    }
    case 'progress':
    case 'event':
      return pipesMessage('report_custom_message', {
        payload: { schema: 'dray.pipes/1', ...body },
      });
    default:
      return undefined;
  }
}

/**
 * What Dagster is told of how the run has ended, the end of the session last. An asset whose name ends in
 * that of a sink gets what went into that one, any other what went into all; only once, as Dagster
 * takes no second materialization of an asset.
 */
export function atTheEnd(line: ResultLine, context: PipesContext): readonly PipesMessage[] {
  const { asset_keys: keys, extras } = context;
  const assets = keys ?? [];
  const isWanted = wantedChecks(extras?.['dray_checks'], assets);
  return [
    ...(line.status === 'completed' ? assets.map((key) => materialization(key, line)) : []),
    ...assets.flatMap((key) =>
      line.rules.filter(({ rule }) => isWanted(key, rule)).map((rule) => check(key, rule)),
    ),
    pipesMessage('closed', line.error === null ? {} : { exception: exceptionOf(line.error) }),
  ];
}

/**
 * Which rules are checks of which asset. Dagster fails a step that reports a check which its asset has not
 * declared, and does not say which are: so the asset's own code names them, in the extras.
 *
 * @param wanted - `true`, `["rule"]`, or for several assets `{"lake/unity": ["rule"]}`.
 */
function wantedChecks(wanted: unknown, assets: readonly string[]) {
  return (asset: string, rule: unknown): boolean => {
    const ofAsset =
      typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)
        ? (wanted as Readonly<Record<string, unknown>>)[asset]
        : assets.length === 1 && wanted;
    return ofAsset === true || (Array.isArray(ofAsset) && ofAsset.includes(rule));
  };
}

function materialization(key: string, line: ResultLine): PipesMessage {
  const own = line.sinks.filter(({ sink }) => sink === lastPart(key));
  const sinks = own.length > 0 ? own : line.sinks;
  const counts = Object.entries(line.counts ?? {}).map(([name, rows]) => [
    `dray/${name}`,
    value('int', rows),
  ]);
  const loads = sinks.flatMap(({ sink, loaded, load_id: loadId, target, mode }) => {
    const name = `dray/${String(sink)}`;
    return [
      [`${name}/rows`, value('int', loaded)],
      [`${name}/load_id`, value('text', loadId)],
      [`${name}/target`, value('text', target)],
      [`${name}/mode`, value('text', mode)],
    ];
  });
  const [only] = sinks;
  const metadata = Object.fromEntries([
    ['dray/run_id', value('text', line.run_id)],
    ['dray/attempt', value('int', line.attempt)],
    ...(line.engine === null ? [] : [['dray/engine', value('text', line.engine)]]),
    ...counts,
    ...loads,
    ...(line.rules.length === 0 ? [] : [['dray/rules', value('json', line.rules)]]),
    // What Dagster's own charts take.
    ...(only === undefined ? [] : [['dagster/row_count', value('int', only['loaded'])]]),
  ]) as Readonly<Record<string, unknown>>;
  const version = only?.['load_id'];
  return pipesMessage('report_asset_materialization', {
    asset_key: key,
    data_version: typeof version === 'string' && sinks.length === 1 ? version : null,
    metadata,
  });
}

function check(key: string, rule: ResultLine['rules'][number]): PipesMessage {
  const { rule: name, action, checked, rows, verdict } = rule;
  return pipesMessage('report_asset_check', {
    asset_key: key,
    check_name: name,
    passed: verdict === 'passed' || verdict === 'tolerated',
    severity: verdict === 'failed' ? 'ERROR' : 'WARN',
    metadata: {
      'dray/action': value('text', action),
      'dray/verdict': value('text', verdict),
      'dray/rows': value('int', rows),
      ...(checked === null ? {} : { 'dray/checked': value('int', checked) }),
    },
  });
}

function value(type: 'int' | 'text' | 'json', raw: unknown) {
  return { type, raw_value: raw };
}

function exceptionOf({ code, message, hint }: NonNullable<ResultLine['error']>) {
  const text = `${code}: ${message}${hint === null ? '' : ` (${hint})`}`;
  return { message: text, name: code, stack: [], cause: null, context: null };
}

/** Of `lake/promotions/unity`; a slash within a part has a backslash before it. */
function lastPart(key: string): string {
  return (/(?:\\.|[^\\/])*$/.exec(key)?.[0] ?? key).replaceAll('\\/', '/');
}
