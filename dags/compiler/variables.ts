import type { DagDefinition, Member } from '../model.ts';
import { HOMES } from './imports.ts';

/** Words that no variable of Python may have, and those that the file has itself. */
const TAKEN = [
  ...Object.keys(HOMES),
  ...`False None True and as assert async await break class continue def del elif else except finally for
  from global if import in is lambda nonlocal not or pass raise return try while with yield match case
  as_json as_base64url params RUN_ID TOKEN RUN_ID_OF_EACH TOKEN_OF_EACH FINAL_EXIT_CODES`.split(
    /\s+/,
  ),
];

interface Names {
  readonly name: string;
  /** Of a cluster: the task that ends it. Of a branch: the function that chooses. */
  readonly otherName: string;
}

function otherName({ kind }: Member, base: string, free: (wanted: string) => string): string {
  if (kind === 'cluster') return free(`end_${base}`);
  return kind === 'branch' ? free(`${base}_tasks`) : '';
}

/** The variable of the file for each task and group: its id, as far as that is a name. */
export function variablesOf(dag: DagDefinition): ReadonlyMap<Member, Names> {
  const names = new Map<Member, Names>();
  const taken = new Set(TAKEN);
  const free = (wanted: string): string => {
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${String(count)}`;
    taken.add(name);
    return name;
  };
  const visit = (member: Member) => {
    const base = member.id.replaceAll(/\W/g, '_').replace(/^(?=\d)/, '_');
    const name = free(base);
    names.set(member, { name, otherName: otherName(member, base, free) });
    if (member.kind === 'group') member.members.forEach(visit);
  };
  dag.members.forEach(visit);
  return names;
}
