import type { DagDefinition, Member } from '../model.ts';

/** Words that no variable of Python may have, and those that the file has itself. */
const TAKEN = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for
  from global if import in is lambda nonlocal not or pass raise return try while with yield match case
  dag pendulum timedelta k8s DAG Asset Param TaskGroup Mount`.split(/\s+/),
);

interface Names {
  readonly name: string;
  /** Of a cluster: the task that ends it. */
  readonly endName: string;
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
    names.set(member, { name, endName: member.kind === 'cluster' ? free(`end_${base}`) : '' });
    if (member.kind === 'group') member.members.forEach(visit);
  };
  dag.members.forEach(visit);
  return names;
}
