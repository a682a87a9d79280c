import type { OpenStorage } from '../../core/storage.ts';

/** A folder that platforms fetch a package from. Nothing in it is ever replaced. */
export interface Depot {
  uri(name: string): string;
  /** Creates a file unless it exists; false when it does. */
  create(name: string, content: Uint8Array, signal: AbortSignal): Promise<boolean>;
  /** Bytes; undefined when there is no such file. */
  size(name: string, signal: AbortSignal): Promise<number | undefined>;
  read(name: string, signal: AbortSignal): Promise<Uint8Array>;
}

/** @param folder - `s3://bucket/prefix`, without a slash at its end. */
export function storageDepot(openStorage: OpenStorage, folder: string): Depot {
  const storage = openStorage(folder);
  return {
    uri: (name) => `${folder}/${name}`,
    create: async (name, content, signal) => await storage.create(name, content, signal),
    async size(name, signal) {
      return (await storage.list(name, signal)).find(({ key }) => key === name)?.bytes;
    },
    async read(name, signal) {
      return (await storage.read(name, signal)) ?? new Uint8Array();
    },
  };
}
