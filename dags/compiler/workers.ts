import type { BashTarget, DockerTarget, KubernetesTarget, SparkSubmitTarget } from '../target.ts';
import type { JobNode } from '../model.ts';
import { asList, type EntryArgs, entryArguments } from './arguments.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { call, code, plain, type Py, rendered } from './python.ts';

/** A retry helps against none of these: failed, arguments or config, data quality, lost to a newer attempt. */
const FINAL_EXIT_CODES = code('FINAL_EXIT_CODES');

export async function bashOperator(
  node: JobNode,
  target: BashTarget,
  context: OperatorContext,
): Promise<Operator> {
  const all = await argumentsOf(node, context, 'local');
  const [first = []] = all;
  // Through the environment, where no shell reads them.
  const nameOf = (flag: string) => (flag === `${node.job.name}_job` ? 'JOB' : flag.toUpperCase());
  const constant = (flag: string) => flag === 'module_name' || flag === 'created_by';
  const words = first.flatMap(([flag, value]) => [
    `--${flag}`,
    constant(flag) ? value : `"$${nameOf(flag)}"`,
  ]);
  return {
    name: 'BashOperator',
    seesExitCode: true,
    args: {
      bash_command: rendered([...target.command.map(shellWord), ...words].join(' ')),
      append_env: true,
      ...(target.folder === undefined ? {} : { cwd: rendered(target.folder) }),
      skip_on_exit_code: FINAL_EXIT_CODES,
      // The last line of what it prints may be of either stream.
      do_xcom_push: false,
    },
    mapped: {
      name: 'env',
      values: all.map((args) =>
        rendered({
          ...Object.fromEntries(
            args.filter(([flag]) => !constant(flag)).map(([flag, value]) => [nameOf(flag), value]),
          ),
          ...target.env,
        }),
      ),
    },
  };
}

export async function dockerOperator(
  node: JobNode,
  target: DockerTarget,
  context: OperatorContext,
): Promise<Operator> {
  const all = await argumentsOf(node, context, 'container', 'CONTAINER');
  const { connection, dockerUrl, network, memory, mounts } = target;
  return {
    name: 'DockerOperator',
    seesExitCode: true,
    args: {
      image: rendered(target.image),
      docker_conn_id: optional(connection),
      docker_url: optional(dockerUrl),
      network_mode: optional(network),
      mem_limit: optional(memory),
      environment: filled(target.env),
      mounts:
        mounts.length === 0
          ? undefined
          : {
              list: mounts.map(({ source, target: inside, readOnly = false }) =>
                call('Mount', {
                  ...{ target: plain(inside), source: plain(source), type: plain('bind') },
                  ...(readOnly ? { read_only: true } : {}),
                }),
              ),
            },
      // Airflow's worker and the engine may be different machines.
      mount_tmp_dir: false,
      auto_remove: plain('success'),
      skip_on_exit_code: FINAL_EXIT_CODES,
      do_xcom_push: false,
    },
    mapped: { name: 'command', values: all.map((args) => rendered(asList(args))) },
  };
}

export async function kubernetesOperator(
  node: JobNode,
  target: KubernetesTarget,
  context: OperatorContext,
): Promise<Operator> {
  const all = await argumentsOf(node, context, 'kubernetes', 'CONTAINER');
  const { connection, serviceAccount, secrets, resources } = target;
  return {
    name: 'KubernetesPodOperator',
    seesExitCode: true,
    args: {
      kubernetes_conn_id: optional(connection),
      name: plain(node.path.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')),
      namespace: rendered(target.namespace),
      image: rendered(target.image),
      service_account_name: optional(serviceAccount),
      env_vars: filled(target.env),
      env_from:
        secrets.length === 0
          ? undefined
          : {
              list: secrets.map((name) =>
                call('k8s.V1EnvFromSource', {
                  secret_ref: call('k8s.V1SecretEnvSource', { name: plain(name) }),
                }),
              ),
            },
      container_resources:
        resources &&
        call('k8s.V1ResourceRequirements', {
          requests: plain({ cpu: resources.cpu, memory: resources.memory }),
          limits: plain({ memory: resources.limitMemory ?? resources.memory }),
        }),
      deferrable: target.deferrable,
      on_finish_action: plain('delete_succeeded_pod'),
      skip_on_exit_code: FINAL_EXIT_CODES,
      do_xcom_push: false,
    },
    mapped: { name: 'arguments', values: all.map((args) => rendered(asList(args))) },
  };
}

export async function sparkSubmitOperator(
  node: JobNode,
  target: SparkSubmitTarget,
  context: OperatorContext,
): Promise<Operator> {
  // The connection decides where to; on YARN braces are lost.
  const all = await argumentsOf(node, context, 'emr');
  const { archives, jars, conf } = target;
  return {
    name: 'SparkSubmitOperator',
    args: {
      conn_id: plain(target.connection),
      application: rendered(target.application),
      name: plain(node.path),
      conf: filled(conf),
      archives: optional(archives),
      jars: jars.length === 0 ? undefined : rendered(jars.join(',')),
    },
    mapped: { name: 'application_args', values: all.map((args) => rendered(asList(args))) },
  };
}

async function argumentsOf(
  node: JobNode,
  context: OperatorContext,
  target: 'local' | 'container' | 'kubernetes' | 'emr',
  serviceProvider?: 'CONTAINER',
): Promise<readonly EntryArgs[]> {
  const way = { target, ...(serviceProvider === undefined ? {} : { serviceProvider }) };
  return await Promise.all(
    node.configs.map(async (config) => await entryArguments(node, config, context, way)),
  );
}

function optional(text: string | undefined): Py | undefined {
  return text === undefined ? undefined : rendered(text);
}

function filled(map: Readonly<Record<string, string>>): Py | undefined {
  return Object.keys(map).length === 0 ? undefined : rendered(map);
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
