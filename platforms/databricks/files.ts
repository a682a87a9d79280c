import { randomUUID } from 'node:crypto';
import type { Depot } from '../package/depot.ts';
import { type Databricks, parsed, unexpected } from './client.ts';

/** What a call of DBFS takes and gives at most. */
const BLOCK_BYTES = 1_000_000;
const TRIES = 3;

/** The path of a call about a file or folder of a volume. */
export function filesApi(kind: 'files' | 'directories', path: string): string {
  return `/api/2.0/fs/${kind}${path.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * A folder of a Unity Catalog volume.
 *
 * @param folder - `/Volumes/catalog/schema/volume/...`.
 * @see https://docs.databricks.com/api/workspace/files/upload
 */
export function volumeDepot(call: Databricks, folder: string): Depot {
  return {
    uri: (name) => `${folder}/${name}`,
    async create(name, content, signal) {
      const parent = `${folder}/${name}`.replace(/\/[^/]+$/, '');
      const made = await call({ method: 'PUT', path: filesApi('directories', parent) }, signal);
      if (made.status >= 300) throw unexpected(`make "${parent}"`, made);
      const path = filesApi('files', `${folder}/${name}`);
      const query = { overwrite: 'false' };
      const put = await call({ method: 'PUT', path, query, bytes: content }, signal);
      if (put.status === 409 || put.errorCode.endsWith('ALREADY_EXISTS')) return false;
      if (put.status >= 300) throw unexpected(`upload "${folder}/${name}"`, put);
      return true;
    },
    async size(name, signal) {
      const path = filesApi('files', `${folder}/${name}`);
      const { status, headers } = await call({ method: 'HEAD', path }, signal);
      return status === 200 ? Number(headers.get('content-length')) : undefined;
    },
    async read(name, signal) {
      const path = filesApi('files', `${folder}/${name}`);
      const answer = await call({ method: 'GET', path }, signal);
      if (answer.status !== 200) throw unexpected(`read "${folder}/${name}"`, answer);
      return answer.bytes;
    },
  };
}

/**
 * A folder of DBFS. A file comes in blocks, under a name that nobody knows until it is whole.
 *
 * @param folder - `dbfs:/...`.
 * @see https://docs.databricks.com/api/workspace/dbfs/create
 */
export function dbfsDepot(call: Databricks, folder: string): Depot {
  const pathOf = (name: string) => `${folder.replace(/^dbfs:/, '')}/${name}`;

  async function post(method: string, json: unknown, signal: AbortSignal) {
    const answer = await call({ method: 'POST', path: `/api/2.0/dbfs/${method}`, json }, signal);
    return { ...answer, isDone: answer.status === 200 };
  }

  async function write(path: string, content: Uint8Array, signal: AbortSignal): Promise<void> {
    const created = await post('create', { path, overwrite: true }, signal);
    if (!created.isDone) throw unexpected(`create "${path}"`, created);
    const { handle } = parsed(created.bytes);
    for (let from = 0; from < content.length; from += BLOCK_BYTES) {
      const data = Buffer.from(content.subarray(from, from + BLOCK_BYTES)).toString('base64');
      const added = await post('add-block', { handle, data }, signal);
      if (!added.isDone) throw unexpected(`write "${path}"`, added);
    }
    const closed = await post('close', { handle }, signal);
    if (!closed.isDone) throw unexpected(`close "${path}"`, closed);
  }

  async function size(path: string, signal: AbortSignal): Promise<number | undefined> {
    const status = '/api/2.0/dbfs/get-status';
    const answer = await call({ method: 'GET', path: status, query: { path } }, signal);
    return answer.status === 200 ? Number(parsed(answer.bytes)['file_size']) : undefined;
  }

  return {
    uri: (name) => `${folder}/${name}`,
    async create(name, content, signal) {
      const path = pathOf(name);
      const partial = `${path}.${randomUUID()}.partial`;
      // A block whose answer got lost is sent, and there, twice.
      for (let tries = 1; tries <= TRIES; tries++) {
        await write(partial, content, signal);
        if ((await size(partial, signal)) === content.length) break;
      }
      const move = { source_path: partial, destination_path: path };
      const moved = await post('move', move, signal);
      if (moved.isDone) return true;
      await post('delete', { path: partial }, signal);
      // Somebody's, or ours: a move whose answer got lost finds nothing to move any more.
      if ((await size(path, signal)) !== undefined) return false;
      throw unexpected(`move to "${path}"`, moved);
    },
    size: async (name, signal) => await size(pathOf(name), signal),
    async read(name, signal) {
      const blocks: Buffer[] = [];
      for (let offset = 0; ; offset += BLOCK_BYTES) {
        const query = {
          path: pathOf(name),
          offset: String(offset),
          length: String(BLOCK_BYTES),
        };
        const answer = await call({ method: 'GET', path: '/api/2.0/dbfs/read', query }, signal);
        if (answer.status !== 200) throw unexpected(`read "${pathOf(name)}"`, answer);
        const { bytes_read: bytesRead, data } = parsed(answer.bytes);
        if (typeof data === 'string') blocks.push(Buffer.from(data, 'base64'));
        if (Number(bytesRead) < BLOCK_BYTES) return Buffer.concat(blocks);
      }
    },
  };
}
