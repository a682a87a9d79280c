import { z } from 'zod';
import { JobError } from '../../core/errors.ts';

const s3Object = z.string().regex(/^s3:\/\/[^/]+\/.+/, 'an object in S3: s3://bucket/key');
const s3Folder = z.string().regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix');
const role = z.string().min(1);

/** A cluster that is made for one run and ends with it. */
const transientCluster = z.strictObject({
  /** 7.0 and later: what Node 24 needs of the system. */
  releaseLabel: z
    .string()
    .regex(/^emr-\d+\.\d+\.\d+$/)
    .default('emr-7.5.0'),
  instanceType: z.string().min(1).default('m5.xlarge'),
  /** Beside the primary node; 0: that one alone. */
  workers: z.int().min(0).max(1000).default(2),
  /** Workers on spot instances. */
  spot: z.boolean().default(false),
  subnetId: z.string().min(1).optional(),
  /** What EMR itself acts as. */
  serviceRole: role.default('EMR_DefaultRole'),
  /** Instance profile of the machines: what the run acts as. */
  instanceProfile: role.default('EMR_EC2_DefaultRole'),
  logUri: s3Folder.optional(),
  bootstrapActions: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(256),
        path: z.string().min(1),
        args: z.array(z.string()).default([]),
      }),
    )
    .max(16)
    .default([]),
  configurations: z
    .array(
      z.strictObject({
        classification: z.string().min(1),
        properties: z.record(z.string().min(1), z.string()),
      }),
    )
    .default([]),
  securityConfiguration: z.string().min(1).optional(),
  tags: z.record(z.string().min(1), z.string()).default({}),
});

/** What a run on EMR needs beside the job's own config. */
export const emrSettings = z
  .strictObject({
    region: z.string().min(1).optional(),
    /** A cluster that is there already; else one is made for the run. */
    clusterId: z
      .string()
      .regex(/^j-\w+$/, 'the id of a cluster: j-...')
      .optional(),
    cluster: transientCluster.optional(),
    /** Where the driver works: on the primary node, or in a container of YARN. */
    deployMode: z.enum(['client', 'cluster']).optional(),
    /** `generic_entry.py`, as `dray package` has uploaded it, or installed on the nodes. */
    scriptLocation: z
      .string()
      .regex(/^(s3:\/\/[^/]+\/|\/).+/, 's3://bucket/key, or a path on the nodes'),
    /** `dray-emr-TARGET.tar.gz` of the same package; absent: dray is installed on the nodes. */
    archive: s3Object.optional(),
    jars: z.array(z.string().min(1)).default([]),
    /** Of Spark. */
    properties: z
      .record(z.string().regex(/^spark\./, 'begins with spark.'), z.string())
      .default({}),
    /** The step's own role, on clusters that have runtime roles. */
    executionRole: z.string().min(20).max(2048).optional(),
    /** How long to wait while the cluster takes no further step. */
    waitForRoomS: z.int().min(0).max(86_400).default(0),
    /** Folder in S3 that gets the result line of each attempt. */
    resultPrefix: s3Folder.optional(),
    /** Folder in S3 for configs that are too long for arguments; default `result_prefix`. */
    artifacts: s3Folder.optional(),
  })
  .refine(({ clusterId, deployMode }) => clusterId === undefined || deployMode !== 'cluster', {
    path: ['deployMode'],
    // EMR would call the step cancelled while its driver went on in its container.
    message:
      'cannot be "cluster" with "cluster_id": a cancelled step would leave its driver at work',
  });
export type EmrSettings = z.output<typeof emrSettings>;
export type TransientCluster = z.output<typeof transientCluster>;

/** @throws JobError `CONFIG_INVALID` when the settings name no cluster, or two. */
export function clusterOf({
  clusterId,
  cluster,
}: EmrSettings): { readonly clusterId: string } | { readonly cluster: TransientCluster } {
  if (clusterId !== undefined && cluster === undefined) return { clusterId };
  if (clusterId === undefined && cluster !== undefined) return { cluster };
  const both = cluster !== undefined;
  throw new JobError(
    'CONFIG_INVALID',
    `the settings for EMR name ${both ? 'two clusters' : 'no cluster'}`,
    {
      hint: 'set "cluster_id" for one that is there, or "cluster": {} for one that is made for the run',
    },
  );
}
