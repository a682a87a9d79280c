import { type DagDefinition, type Member, nodesOf } from '../model.ts';
import { code, print } from './python.ts';
import type { variablesOf } from './variables.ts';

const STEP = '    ';

/**
 * `a >> b`, a line for each that comes after others. Airflow looks up what begins and ends a group when
 * the line is read: groups come last, those inside first.
 */
export function edges(
  dag: DagDefinition,
  variables: ReturnType<typeof variablesOf>,
): readonly string[] {
  const nameOf = (member: Member) => variables.get(member)?.name ?? '';
  const joined = (members: readonly Member[], taken: number) => {
    const names = [...new Set(members)].map(nameOf);
    const [first = ''] = names;
    const list = { list: names.map((name) => code(name)) };
    return names.length === 1 ? first : print(list, STEP, taken);
  };
  const simple: string[] = [];
  const withGroups: string[] = [];
  const visit = (member: Member) => {
    if (member.kind === 'group') member.members.forEach(visit);
    const { upstream } = member;
    const name = nameOf(member);
    const hasGroup = [member, ...upstream].some(({ kind }) => kind === 'group');
    if (upstream.length > 0) {
      const line = `${STEP}${joined(upstream, name.length + 4)} >> ${name}`;
      (hasGroup ? withGroups : simple).push(line);
    }
    if (member.kind !== 'cluster') return;
    const on = nodesOf(dag.members).filter((node) => node.upstream.includes(member));
    const end = `${variables.get(member)?.otherName ?? ''}.as_teardown(setups=${name})`;
    simple.push(`${STEP}${joined(on.length === 0 ? [member] : on, end.length + 4)} >> ${end}`);
  };
  dag.members.forEach(visit);
  return [...simple, ...withGroups];
}
