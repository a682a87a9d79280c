import { z } from 'zod';

/** What a run in a container needs beside the job's own config. */
export const containerSettings = z.strictObject({
  image: z.string().min(1),
  /** The CLI; `podman` has the same commands. */
  program: z.string().min(1).default('docker'),
  /** Docker's own name or address of another engine, as `docker --host` takes it. */
  host: z.string().min(1).optional(),
  network: z.string().min(1).optional(),
  memoryMb: z.int().min(64).optional(),
  /** `HOST_PATH:CONTAINER_PATH[:ro]`. */
  volumes: z.array(z.string().regex(/^[^:]+:[^:]+/, 'host_path:container_path')).default([]),
  /** Names of variables that the container gets as they are here; a value never stands in a command. */
  env: z.array(z.string().regex(/^\w+$/, 'the name of a variable, without a value')).default([]),
  /** How long the run may take to end in order before it is killed. */
  stopGraceS: z.int().min(1).max(600).default(60),
  /** Folder in S3 for configs that are too long for arguments. */
  artifacts: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix')
    .optional(),
});
export type ContainerSettings = z.output<typeof containerSettings>;
