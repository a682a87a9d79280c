import { z } from 'zod';

const id = z.union([z.int().positive(), z.string().regex(/^\d+$/, 'the number of a job')]);
const library = z
  .string()
  .regex(
    /^(\/(Volumes|Workspace)\/|s3:\/\/|dbfs:\/).+\.whl$/,
    'a wheel: /Volumes/..., /Workspace/..., s3://... or dbfs:/...',
  );
const place = z
  .string()
  .regex(
    /^(s3:\/\/[^/]+|\/Volumes(\/[^/]+){3})/,
    'a folder: s3://bucket/prefix or /Volumes/catalog/schema/volume',
  );

const newCluster = z
  .strictObject({
    /** Version of the runtime, such as `17.3.x-scala2.13`. */
    sparkVersion: z.string().min(1),
    nodeTypeId: z.string().min(1).optional(),
    driverNodeTypeId: z.string().min(1).optional(),
    instancePoolId: z.string().min(1).optional(),
    numWorkers: z.int().min(1).max(10_000).optional(),
    autoscale: z
      .strictObject({ minWorkers: z.int().min(0), maxWorkers: z.int().min(1) })
      .refine(
        ({ minWorkers, maxWorkers }) => minWorkers < maxWorkers,
        '"min_workers" has to be below "max_workers"',
      )
      .optional(),
    /** One machine without workers: enough for `row` and `bulk`. */
    singleNode: z.literal(true).optional(),
    policyId: z.string().min(1).optional(),
    dataSecurityMode: z
      .enum([
        ...['SINGLE_USER', 'USER_ISOLATION', 'NONE', 'DATA_SECURITY_MODE_AUTO'],
        ...['DATA_SECURITY_MODE_DEDICATED', 'DATA_SECURITY_MODE_STANDARD'],
      ] as const)
      .default('SINGLE_USER'),
    singleUserName: z.string().min(1).optional(),
    instanceProfileArn: z.string().min(1).optional(),
    tags: z.record(z.string().min(1), z.string()).default({}),
    /** Further fields of a cluster as Databricks has them, such as `spark_env_vars`. */
    options: z.record(z.string(), z.unknown()).default({}),
  })
  .refine(
    ({ numWorkers, autoscale, singleNode }) => count([numWorkers, autoscale, singleNode]) === 1,
    'set one of "num_workers", "autoscale" and "single_node"',
  )
  .refine(
    ({ nodeTypeId, instancePoolId }) => count([nodeTypeId, instancePoolId]) === 1,
    'set one of "node_type_id" and "instance_pool_id"',
  );

/** What a run on Databricks needs beside the job's own config. */
export const databricksSettings = z
  .strictObject({
    /** Of the workspace; default `DATABRICKS_HOST`. */
    host: z
      .string()
      .regex(/^(https?:\/\/)?[^/\s]+\/?$/, 'the address of a workspace, without a path')
      .optional(),
    newCluster: newCluster.optional(),
    existingClusterId: z.string().min(1).optional(),
    serverless: z.literal(true).optional(),
    /** Of serverless compute. */
    environmentVersion: z.string().regex(/^\d+$/).default('4'),
    /** A job that is there and runs `generic_entry` itself. */
    jobId: id.transform(String).optional(),
    /** How that job takes arguments. */
    jobTakes: z
      .enum(['python_params', 'notebook_params', 'job_parameters'])
      .default('python_params'),
    /** As `dray package` has uploaded them. */
    wheels: z.array(library).default([]),
    /** A notebook that calls `dray_entry.notebook`, in the place of the wheel's entry. */
    notebookPath: z.string().regex(/^\//, 'an absolute path in the workspace').optional(),
    /** `generic_entry.py`, in the place of the wheel's entry. */
    pythonFile: z.string().min(1).optional(),
    /** Service principal that the run acts as; default: who submits it. */
    runAsServicePrincipal: z.string().min(1).optional(),
    /** Wait in Databricks' own queue while the workspace has no room for another run. */
    queue: z.boolean().default(true),
    timeoutMinutes: z.int().min(0).max(43_200).default(480),
    /** How long to wait while a quota is used up. */
    waitForRoomS: z.int().min(0).max(86_400).default(0),
    /** Folder that gets the result line of each attempt. */
    resultPrefix: place.optional(),
    /** Folder in S3 for configs that are too long for arguments; default `result_prefix`. */
    artifacts: z
      .string()
      .regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix')
      .optional(),
  })
  .refine(
    ({ newCluster, existingClusterId, serverless, jobId }) =>
      count([newCluster, existingClusterId, serverless, jobId]) === 1,
    'set one of "new_cluster", "existing_cluster_id", "serverless" and "job_id"',
  )
  .refine(
    ({ notebookPath, pythonFile, jobId }) => count([notebookPath, pythonFile, jobId]) <= 1,
    'set at most one of "notebook_path", "python_file" and "job_id"',
  )
  .refine(
    ({ wheels, notebookPath, pythonFile, jobId }) =>
      count([wheels[0], notebookPath, pythonFile, jobId]) > 0,
    'set "wheels": dray package --upload says where they are',
  )
  .refine(
    ({ wheels, jobId }) => jobId === undefined || wheels.length === 0,
    'a job that is there has its own wheels: leave "wheels" out',
  )
  .refine(
    ({ wheels, serverless, notebookPath }) =>
      serverless !== true || notebookPath === undefined || wheels.length === 0,
    'a notebook on serverless compute has its own environment: leave "wheels" out',
  )
  .refine(
    ({ wheels, serverless }) => serverless !== true || wheels.every((uri) => uri.startsWith('/')),
    'serverless compute takes wheels from /Volumes/... and /Workspace/...',
  );
export type DatabricksSettings = z.output<typeof databricksSettings>;

function count(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}
