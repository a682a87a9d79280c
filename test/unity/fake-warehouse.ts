import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, serveThrift } from './thrift-server.ts';

export const TOKEN = 'dapi-0123456789abcdef';
export const HTTP_PATH = '/sql/1.0/warehouses/0123456789abcdef';

/** What the catalog keeps of a table; the rest is read from its Delta log. */
export interface FakeTable {
  location: string;
  format: string;
  comment: string;
  features: readonly string[];
  readonly columnComments: Map<string, string>;
  readonly tags: Map<string, string>;
  /** `principal|PRIVILEGE` */
  readonly grants: Set<string>;
  /** Versions of the log that there were at each OPTIMIZE. */
  readonly optimizedAt: number[];
}

/** A SQL warehouse with a tiny Unity Catalog, which tests may look into and spoil. */
export interface FakeWarehouse extends AsyncDisposable {
  readonly host: string;
  /** Sessions that nobody has closed. */
  openSessions(): number;
  /** By name: `main.sales.promotions`. */
  readonly tables: Map<string, FakeTable>;
  /** Statements that change something, in order. */
  readonly changes: string[];
  /** All statements. */
  readonly statements: string[];
  readonly sessions: Readonly<Record<string, string>>[];
  /** Statements that somebody asked for while they ran. */
  readonly running: string[];
  readonly cancelled: string[];
  /** HTTP statuses for the next calls that begin something, one each. */
  readonly refusals: number[];
  /** Statements that fail, with the server's message. */
  readonly failures: Map<RegExp, string>;
  /** Statements that never end. */
  endless: RegExp | undefined;
}

const NAME = '`(?<catalog>[^`]+)`\\.`(?<schema>[^`]+)`\\.`(?<table>[^`]+)`';

export async function startFakeWarehouse(): Promise<FakeWarehouse> {
  const warehouse: Omit<FakeWarehouse, 'host' | 'openSessions' | typeof Symbol.asyncDispose> = {
    ...{ tables: new Map(), changes: [], statements: [], sessions: [], running: [], cancelled: [] },
    ...{ refusals: [], failures: new Map(), endless: undefined },
  };
  const server = await serveThrift({
    refuse(method, authorization) {
      const expected = `Basic ${Buffer.from(`token:${TOKEN}`).toString('base64')}`;
      if (authorization !== expected && authorization !== `Bearer ${TOKEN}`) return 403;
      const begins = method === 'OpenSession' || method === 'ExecuteStatement';
      return begins ? warehouse.refusals.shift() : undefined;
    },
    session: (configuration) => warehouse.sessions.push(configuration),
    polls: (sql) => (warehouse.endless?.test(sql) === true ? Number.MAX_SAFE_INTEGER : 1),
    running: (sql) => warehouse.running.push(sql),
    cancelled: (sql) => warehouse.cancelled.push(sql),
    execute(sql, parameters) {
      warehouse.statements.push(sql);
      for (const [pattern, error] of warehouse.failures) {
        if (pattern.test(sql)) return Promise.resolve({ error });
      }
      return Promise.resolve(answerTo(sql, parameters, warehouse));
    },
  });
  return Object.assign(warehouse, {
    host: server.host,
    openSessions: () => server.openSessions(),
    [Symbol.asyncDispose]: () => server.close(),
  });
}

export function newTable(location: string): FakeTable {
  return {
    ...{ location, format: 'delta', comment: '', features: ['appendOnly', 'invariants'] },
    ...{ columnComments: new Map(), tags: new Map(), grants: new Set(), optimizedAt: [] },
  };
}

type Kept = Pick<FakeWarehouse, 'tables' | 'changes'>;

function answerTo(sql: string, given: Readonly<Record<string, string>>, kept: Kept): Answer {
  for (const [pattern, apply] of STATEMENTS) {
    const groups = new RegExp(`^${pattern}$`, 's').exec(sql)?.groups;
    if (groups === undefined) continue;
    const { catalog, schema = given['schema'], table: last = given['table'] } = groups;
    const name = [catalog, schema, last].join('.');
    const table = kept.tables.get(name);
    if (pattern.startsWith('CREATE')) {
      if (table === undefined) kept.tables.set(name, newTable(textOf(groups['text'] ?? '')));
      kept.changes.push(sql);
      return { rows: [] };
    }
    if (table === undefined) {
      return {
        error: `[TABLE_OR_VIEW_NOT_FOUND] The table or view ${name} cannot be found. SQLSTATE: 42P01`,
        sqlState: '42P01',
      };
    }
    const rows = apply(table, groups);
    if (rows === undefined) kept.changes.push(sql);
    return { rows: rows ?? [] };
  }
  return { error: `[PARSE_SYNTAX_ERROR] Syntax error at or near: ${sql}`, sqlState: '42601' };
}

type Apply = (
  table: FakeTable,
  given: Readonly<Record<string, string>>,
) => readonly Readonly<Record<string, string | null>>[] | undefined;

const LITERAL = "'(?:[^'\\\\]|\\\\.)*'";
const TEXT = `(?<text>${LITERAL})`;

const STATEMENTS: readonly (readonly [string, Apply])[] = [
  [`CREATE TABLE IF NOT EXISTS ${NAME} USING DELTA LOCATION ${TEXT}`, () => undefined],
  [
    `DESCRIBE DETAIL ${NAME}`,
    ({ format, location, comment, features }) => [
      {
        ...{ format, location, description: comment === '' ? null : comment },
        tableFeatures: JSON.stringify(features),
      },
    ],
  ],
  [
    `DESCRIBE HISTORY ${NAME} LIMIT (?<limit>\\d+)`,
    (table, { limit }) =>
      historyOf(table)
        .slice(0, Number(limit))
        .map((operation) => ({ operation })),
  ],
  [
    'SELECT column_name FROM `(?<catalog>[^`]+)`\\.information_schema\\.columns\\s.*',
    (table) => uncommented(table).map((name) => ({ column_name: name })),
  ],
  [
    'SELECT tag_name, tag_value FROM `(?<catalog>[^`]+)`\\.information_schema\\.table_tags\\s.*',
    ({ tags }) => [...tags].map(([name, value]) => ({ tag_name: name, tag_value: value })),
  ],
  [
    `SHOW GRANTS ON TABLE ${NAME}`,
    ({ grants }) =>
      [...grants].map((grant) => {
        const [principal = '', action = ''] = grant.split('|');
        return { Principal: principal, ActionType: action, ObjectType: 'TABLE', ObjectKey: 'x' };
      }),
  ],
  [
    `COMMENT ON TABLE ${NAME} IS ${TEXT}`,
    (table, { text = '' }) => {
      table.comment = textOf(text);
      return undefined;
    },
  ],
  [
    `ALTER TABLE ${NAME} ALTER COLUMN \`(?<column>[^\`]+)\` COMMENT ${TEXT}`,
    (table, { column = '', text = '' }) => {
      table.columnComments.set(column, textOf(text));
      return undefined;
    },
  ],
  [
    `ALTER TABLE ${NAME} SET TAGS \\((?<list>.*)\\)`,
    (table, { list = '' }) => {
      const tags = list.matchAll(new RegExp(`(${LITERAL}) = (${LITERAL})`, 'g'));
      for (const [, key = '', value = ''] of tags) {
        table.tags.set(textOf(key), textOf(value));
      }
      return undefined;
    },
  ],
  [
    `GRANT (?<privilege>[A-Z ]+) ON TABLE ${NAME} TO \`(?<principal>.+)\``,
    ({ grants }, { privilege, principal }) => {
      grants.add(`${principal ?? ''}|${privilege ?? ''}`);
      return undefined;
    },
  ],
  [
    `OPTIMIZE ${NAME}`,
    (table) => {
      table.optimizedAt.push(logOf(table).length);
      return undefined;
    },
  ],
];

/** A literal of Spark's SQL as the text it stands for. */
function textOf(literal: string): string {
  const inner = literal.slice(1, -1);
  return inner.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return code === 'n' ? '\n' : code === 'r' ? '\r' : code;
  });
}

interface LogLine {
  readonly commitInfo?: { readonly operation: string };
  readonly metaData?: { readonly schemaString: string };
}

/** The commits of a table's log, oldest first. */
function logOf({ location }: FakeTable): readonly (readonly LogLine[])[] {
  if (!location.startsWith('file:')) return [];
  const log = join(fileURLToPath(location), '_delta_log');
  if (!existsSync(log)) return [];
  return readdirSync(log)
    .filter((name) => /^\d{20}\.json$/.test(name))
    .sort()
    .map((name) =>
      readFileSync(join(log, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as LogLine),
    );
}

/** Operations, newest first. */
function historyOf(table: FakeTable): readonly string[] {
  const operations = logOf(table).flatMap((lines) =>
    lines.flatMap(({ commitInfo }) => (commitInfo === undefined ? [] : [commitInfo.operation])),
  );
  [...table.optimizedAt].reverse().forEach((at) => operations.splice(at, 0, 'OPTIMIZE'));
  return operations.reverse();
}

function uncommented(table: FakeTable): readonly string[] {
  const schema = logOf(table)
    .flat()
    .findLast(({ metaData }) => metaData !== undefined)?.metaData?.schemaString;
  const { fields } = JSON.parse(schema ?? '{"fields":[]}') as {
    readonly fields: readonly { readonly name: string; readonly metadata: { comment?: string } }[];
  };
  return fields
    .filter(
      ({ name, metadata }) => (metadata.comment ?? table.columnComments.get(name)) === undefined,
    )
    .map(({ name }) => name);
}
