import { z } from 'zod';

/** What a run on this machine needs beside the job's own config. */
export const localSettings = z.strictObject({
  /**
   * What gets the arguments: `["node", "dist/generic-entry.mjs"]`, or
   * `["spark-submit", "--master", "local[2]", "generic_entry.py"]`.
   */
  command: z.array(z.string().min(1)).min(1),
  /** Keeps a folder per attempt; default `~/.dray/submitted`. */
  folder: z.string().regex(/^\//, 'an absolute path').optional(),
  /** Folder in S3 for configs that are too long for arguments. */
  artifacts: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix')
    .optional(),
});
