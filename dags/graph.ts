import { type DagDefinition, type DagNode, type Member, nodesBefore, nodesOf } from './model.ts';

/** A picture of a DAG in Mermaid, which GitHub and editors draw. */
export function graphOf(dag: DagDefinition): string {
  const nodes = nodesOf(dag.members);
  const idOf = (node: DagNode) => `n${String(nodes.indexOf(node))}`;
  const lines: string[] = ['flowchart LR'];
  const visit = (member: Member, indent: string) => {
    if (member.kind === 'group') {
      lines.push(`${indent}subgraph ${member.id}`);
      for (const inside of member.members) visit(inside, `${indent}  `);
      lines.push(`${indent}end`);
      return;
    }
    const label = `${member.id}<br/><small>${whatOf(member)}</small>`;
    const [open, close] = member.kind === 'branch' ? ['{"', '"}'] : ['["', '"]'];
    lines.push(`${indent}${idOf(member)}${open}${label}${close}`);
  };
  for (const member of dag.members) visit(member, '  ');
  for (const node of nodes) {
    for (const before of nodesBefore(node)) {
      const value = before.kind === 'branch' ? casesOf(before, node) : '';
      lines.push(`  ${idOf(before)} -->${value === '' ? '' : `|${value}|`} ${idOf(node)}`);
    }
  }
  return lines.join('\n');
}

function whatOf(node: DagNode): string {
  switch (node.kind) {
    case 'job': {
      const times = node.isMapped ? ` × ${String(node.configs.length)}` : '';
      return `${node.job.name} on ${node.target.kind}${times}`;
    }
    case 'branch':
      return node.param.name;
    case 'cluster':
      return 'EMR cluster';
    case 'join':
      return 'join';
  }
}

function casesOf(branch: Extract<DagNode, { kind: 'branch' }>, node: DagNode): string {
  return Object.entries(branch.cases)
    .filter(([, members]) => nodesOf(members).includes(node))
    .map(([value]) => value)
    .join(', ');
}
