import { z } from 'zod';
import { ENGINES } from '../../core/engine.ts';

/** What a probe looks at, beside the machine that it runs on. */
export const doctorConfig = z.strictObject({
  /** Folders that it writes, reads and deletes a small object in. */
  paths: z.array(z.string().min(1)).max(5).default([]),
  /** Places that it connects to over TCP. */
  hosts: z
    .array(z.string().regex(/^[\w.-]+:\d{1,5}$/, 'host:port'))
    .max(5)
    .default([]),
  /** Delta tables whose features it reads. */
  tables: z.array(z.string().min(1)).max(5).default([]),
  engines: z.array(z.enum(ENGINES)).default(['bulk', 'bigdata']),
});
export type DoctorConfig = z.output<typeof doctorConfig>;
