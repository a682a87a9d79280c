import { z } from 'zod';

/** A SQL warehouse of Databricks, and who asks it. */
export const warehouseConfig = z.strictObject({
  /** `dbc-a1b2.cloud.databricks.com`, without a scheme; a port may follow. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'is not a host name: leave out "https://" and the path'),
  /** `/sql/1.0/warehouses/...`: the tab "connection details" has it. */
  httpPath: z.string().min(1),
  /** A token, or better a `secret://` that holds one. */
  token: z.string().min(1),
  /** How long one statement may take. Seconds. */
  timeoutS: z.int().min(1).max(172_800).default(3_600),
});
export type WarehouseConfig = z.output<typeof warehouseConfig>;

const PRIVILEGES = ['SELECT', 'MODIFY', 'APPLY TAG', 'MANAGE', 'ALL PRIVILEGES'] as const;

/** What the table has to be like in Unity Catalog once a load is committed. */
export const unityAfterLoad = z.strictObject({
  /** Absent: the contract's, where the table has none. */
  comment: z.string().min(1).optional(),
  tags: z.record(z.string().min(1), z.string()).default({}),
  grants: z
    .array(
      z.strictObject({
        principal: z.string().min(1),
        privileges: z.array(z.enum(PRIVILEGES)).min(1),
      }),
    )
    .default([]),
  /** OPTIMIZE once so many loads were committed since the last one; absent: never. */
  optimizeEvery: z.int().min(1).max(1_000).optional(),
});
export type UnityAfterLoad = z.output<typeof unityAfterLoad>;
