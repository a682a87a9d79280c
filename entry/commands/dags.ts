import { resolve } from 'node:path';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { compileDags } from '../../dags/compiler/compile.ts';
import { differences, writeCompiled } from '../../dags/compiler/folder.ts';
import { graphOf } from '../../dags/graph.ts';
import { nodesOf } from '../../dags/model.ts';
import { cronOf } from '../../dags/schedule.ts';
import { defineStoreless } from '../command.ts';
import { parseByAirflow } from '../dags/airflow.ts';
import { dagFlags, dagNamed, dagsOf } from '../dags/chosen.ts';
import { tableLines } from '../table.ts';

const OUT = 'dags/generated';
const COLUMNS = ['DAG', 'schedule', 'tasks', 'on'].map((title) => ({ title }));

/** `dray dags compile`: Python files for Airflow. */
export const dagsCompile = defineStoreless({
  usage: 'dags compile',
  summary: 'write the Python files of DAGs',
  flags: (yargs) =>
    dagFlags(yargs).option('out', {
      type: 'string',
      default: OUT,
      describe: 'folder of the Python files',
    }),
  async run(args, screen) {
    const { cwd } = screen.surroundings;
    const compiled = await compileDags(await dagsOf(args, cwd), cwd);
    const folder = resolve(cwd, args.out);
    for (const path of await writeCompiled(compiled, folder)) screen.out(`${args.out}/${path}`);
    const uploads = compiled.flatMap((dag) => [...dag.uploads.keys()]);
    if (uploads.length > 0) {
      screen.err(
        'configs that are too long for arguments have to be where the DAGs look for them:',
      );
      screen.err(`  aws s3 cp --recursive ${args.out}/uploads/BUCKET s3://BUCKET, for each of`);
      for (const uri of uploads) screen.err(`  ${printable(uri)}`);
    }
    return 0;
  },
});

/** `dray dags check`: whether the Python files are those of their sources, and what Airflow says of them. */
export const dagsCheck = defineStoreless({
  usage: 'dags check',
  summary: 'check DAGs and their Python files, by a real Airflow where there is one',
  flags: (yargs) =>
    dagFlags(yargs)
      .option('out', { type: 'string', default: OUT, describe: 'folder of the Python files' })
      .option('python', {
        type: 'string',
        default: 'python3',
        describe: 'interpreter that has Airflow',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print what Airflow has found',
      }),
  async run(args, screen, signal) {
    const { cwd, env } = screen.surroundings;
    const folder = resolve(cwd, args.out);
    const compiled = await compileDags(await dagsOf(args, cwd), cwd);
    const found = [...(await differences(compiled, folder))];
    for (const line of found) screen.err(printable(`${args.out}/${line}: dray dags compile`));
    const parsed = await parseByAirflow(args.python, folder, env, signal);
    if (parsed === undefined) {
      screen.err(`${args.python} has no Airflow: the files were compared with their sources only`);
    } else {
      if (args.json) screen.out(JSON.stringify(parsed));
      const problems = [...Object.entries(parsed.errors).map((pair) => pair.join(': '))];
      for (const line of [...problems, ...parsed.warnings]) screen.err(printable(line));
      found.push(...problems, ...parsed.warnings);
      const count = Object.keys(parsed.dags).length;
      screen.err(`Airflow ${parsed.version} has parsed ${String(count)} DAGs`);
    }
    if (found.length === 0) return 0;
    throw new JobError('DAG_INVALID', `${String(found.length)} problems in "${args.out}"`, {
      hint: 'each is on a line above',
    });
  },
});

/** `dray dags list` */
export const dagsList = defineStoreless({
  usage: 'dags list',
  summary: 'list DAGs',
  flags: dagFlags,
  async run(args, screen) {
    const dags = await dagsOf(args, screen.surroundings.cwd);
    const rows = dags.map((dag) => {
      const byClock = cronOf(dag.options.schedule);
      const nodes = nodesOf(dag.members);
      const targets = nodes.flatMap((node) => (node.kind === 'job' ? [node.target.kind] : []));
      return [
        dag.id,
        byClock === undefined
          ? dag.options.schedule === null
            ? 'by hand'
            : 'by assets'
          : `${byClock.cron} ${byClock.timezone}`,
        String(nodes.length),
        [...new Set(targets)].join(', '),
      ];
    });
    for (const line of tableLines(COLUMNS, rows, screen.width)) screen.out(line);
    return 0;
  },
});

/** `dray dags graph ID` */
export const dagsGraph = defineStoreless({
  usage: 'dags graph <id>',
  summary: 'draw a DAG as Mermaid',
  flags: (yargs) =>
    dagFlags(yargs).positional('id', { type: 'string', demandOption: true, describe: 'the DAG' }),
  async run(args, screen) {
    screen.out(graphOf(dagNamed(args.id, await dagsOf(args, screen.surroundings.cwd))));
    return 0;
  },
});
