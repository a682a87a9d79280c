import { type Key, keyOf } from '../../plan/evaluate/keys.ts';
import type { Batch, Column } from '../../plan/evaluate/vector.ts';
import type { Join } from '../../plan/relation.ts';
import type { PlanCell } from '../../plan/types.ts';
import { bytesOf, heldBy } from './held.ts';
import { columnIndex, noPause, type PlanRun, type Stream } from './stream.ts';

type Cells = readonly PlanCell[];

/** Rows of the right side by key; those with a null in it have no partner. */
type Partners = ReadonlyMap<Key, readonly Cells[]>;

/** Holds the right side, and lets the left side pass. */
export function joinRows(node: Join, left: Stream, right: Stream, run: PlanRun): Stream {
  const onlyLeft = node.how === 'semi' || node.how === 'anti';
  const ofLeft = new Set(left.fields.map(({ name }) => name));
  const rightKeys = new Set(node.on.map((pair) => pair.right));
  const added = onlyLeft
    ? []
    : right.fields.filter(({ name }) => !rightKeys.has(name) && !ofLeft.has(name));
  const fields = [
    ...left.fields,
    ...added.map((field) => ({ ...field, nullable: field.nullable || node.how === 'left' })),
  ];
  const key = node.on.map((pair) => columnIndex(left.fields, pair.left));
  const taken = added.map(({ name }) => columnIndex(right.fields, name));
  return {
    fields,
    async run(pass, emit) {
      const partners = await partnersOf(node, right, taken, run, pass);
      await left.run(pass, (batch) => {
        const joined = joinBatch(node, batch, key, added.length, partners);
        if (joined.selection.length > 0) emit(joined);
      });
    },
  };
}

async function partnersOf(
  node: Join,
  right: Stream,
  taken: readonly number[],
  run: PlanRun,
  pass: Parameters<Stream['run']>[0],
): Promise<Partners> {
  const partners = new Map<Key, Cells[]>();
  const held = heldBy(node, run);
  const key = node.on.map((pair) => columnIndex(right.fields, pair.right));
  await right.run({ ...pass, pause: noPause }, ({ columns, selection }) => {
    for (const row of selection) {
      if (hasNull(columns, key, row)) continue;
      const its = keyOf(columns, key, row);
      const known = partners.get(its);
      // Without a column of theirs, one partner says as much as many, unless it multiplies rows.
      if (known !== undefined && (node.how === 'semi' || node.how === 'anti')) continue;
      const cells = taken.map((at) => columns[at]?.[row] ?? null);
      held.add(bytesOf(cells));
      if (known === undefined) partners.set(its, [cells]);
      else known.push(cells);
    }
  });
  return partners;
}

const NOBODY: readonly Cells[] = [];

function joinBatch(
  { how }: Join,
  batch: Batch,
  key: readonly number[],
  width: number,
  partners: Partners,
): Batch {
  const { columns, selection } = batch;
  const found = selection.map((row) =>
    hasNull(columns, key, row) ? NOBODY : (partners.get(keyOf(columns, key, row)) ?? NOBODY),
  );
  if (how === 'semi' || how === 'anti') {
    const wanted = selection.filter((_, at) => (found[at] !== NOBODY) === (how === 'semi'));
    return { ...batch, selection: wanted };
  }
  const isLookup = found.every((each) => each.length <= 1);
  return isLookup ? lookedUp(batch, how, found, width) : multiplied(batch, how, found, width);
}

/** Every row has at most one partner: the left side's columns stay as they are. */
function lookedUp(
  { columns, size, selection }: Batch,
  how: 'inner' | 'left',
  found: readonly (readonly Cells[])[],
  width: number,
): Batch {
  const right = Array.from({ length: width }, () => new Array<PlanCell>(size).fill(null));
  for (const [at, row] of selection.entries()) {
    const partner = found[at]?.[0];
    if (partner === undefined) continue;
    for (const [each, column] of right.entries()) column[row] = partner[each] ?? null;
  }
  return {
    columns: [...columns, ...right],
    size,
    selection: how === 'left' ? selection : selection.filter((_, at) => found[at] !== NOBODY),
  };
}

function multiplied(
  { columns, selection }: Batch,
  how: 'inner' | 'left',
  found: readonly (readonly Cells[])[],
  width: number,
): Batch {
  const rows: number[] = [];
  const partners: (Cells | undefined)[] = [];
  for (const [at, row] of selection.entries()) {
    const its = found[at] ?? NOBODY;
    for (const partner of its) {
      rows.push(row);
      partners.push(partner);
    }
    if (its.length === 0 && how === 'left') {
      rows.push(row);
      partners.push(undefined);
    }
  }
  const right: Column[] = Array.from({ length: width }, (_, each) =>
    partners.map((partner) => partner?.[each] ?? null),
  );
  return {
    columns: [...columns.map((column) => rows.map((row) => column[row] ?? null)), ...right],
    size: rows.length,
    selection: rows.map((_, at) => at),
  };
}

function hasNull(columns: readonly Column[], key: readonly number[], row: number): boolean {
  return key.some((at) => (columns[at]?.[row] ?? null) === null);
}
