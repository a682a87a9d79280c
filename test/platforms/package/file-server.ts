import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The files of a Databricks workspace: volumes and DBFS, as their documentation has them. */
export interface FileServer extends AsyncDisposable {
  readonly host: string;
  readonly token: string;
  /** By path, which begins with a slash. */
  readonly files: Map<string, Buffer>;
  /** What the next requests meet instead of their answer. */
  readonly faults: Fault[];
  /** Whether a file is kept without its last byte. */
  losesTheEnd: boolean;
}

/** A status; the end of the connection, before the request is done or after it; undefined: nothing. */
type Fault = number | 'hang up' | 'lose the answer' | undefined;

const TOKEN = 'dapi-test';
const BLOCK_BYTES = 1024 * 1024;

interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>();
  const open = new Map<number, { readonly path: string; readonly blocks: Buffer[] }>();
  const faults: Fault[] = [];
  const state = { losesTheEnd: false };
  const kept = (content: Buffer) =>
    state.losesTheEnd ? content.subarray(0, content.length - 1) : content;

  function volumes(method: string, url: URL, body: Buffer): Reply {
    const [, kind = '', encoded = ''] =
      /^\/api\/2\.0\/fs\/(files|directories)(.*)$/.exec(url.pathname) ?? [];
    const path = decodeURIComponent(encoded);
    if (kind === 'directories') {
      folders.add(path);
      return { status: 204 };
    }
    const content = files.get(path);
    if (method === 'PUT') {
      if (!folders.has(path.replace(/\/[^/]+$/, ''))) return failure(404, 'NOT_FOUND');
      const mayReplace = url.searchParams.get('overwrite') === 'true';
      if (content !== undefined && !mayReplace) return failure(409, 'ALREADY_EXISTS');
      files.set(path, kept(body));
      return { status: 204 };
    }
    return content === undefined ? failure(404, 'NOT_FOUND') : { status: 200, bytes: content };
  }

  function dbfs(url: URL, body: Buffer): Reply {
    const given = (body.length === 0 ? {} : JSON.parse(body.toString())) as Record<
      string,
      string | undefined
    >;
    const path = String(given['path'] ?? url.searchParams.get('path'));
    const handle = Number(given['handle']);
    switch (url.pathname.replace('/api/2.0/dbfs/', '')) {
      case 'create':
        open.set(open.size + 1, { path, blocks: [] });
        return { status: 200, json: { handle: open.size } };
      case 'add-block': {
        const block = Buffer.from(String(given['data']), 'base64');
        if (block.length > BLOCK_BYTES) return failure(400, 'MAX_BLOCK_SIZE_EXCEEDED');
        open.get(handle)?.blocks.push(block);
        return { status: 200, json: {} };
      }
      case 'close': {
        const file = open.get(handle);
        if (file === undefined) return failure(404, 'RESOURCE_DOES_NOT_EXIST');
        files.set(file.path, kept(Buffer.concat(file.blocks)));
        return { status: 200, json: {} };
      }
      case 'move': {
        const [from, to] = [String(given['source_path']), String(given['destination_path'])];
        if (files.has(to)) return failure(400, 'RESOURCE_ALREADY_EXISTS');
        files.set(to, files.get(from) ?? Buffer.alloc(0));
        files.delete(from);
        return { status: 200, json: {} };
      }
      case 'delete':
        files.delete(path);
        return { status: 200, json: {} };
      case 'get-status': {
        const content = files.get(path);
        if (content === undefined) return failure(404, 'RESOURCE_DOES_NOT_EXIST');
        return { status: 200, json: { path, is_dir: false, file_size: content.length } };
      }
      case 'read': {
        const from = Number(url.searchParams.get('offset'));
        const part = files.get(path)?.subarray(from, from + Number(url.searchParams.get('length')));
        const data = part?.toString('base64') ?? '';
        return { status: 200, json: { bytes_read: part?.length ?? 0, data } };
      }
      default:
        return failure(404, 'ENDPOINT_NOT_FOUND');
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = faults.shift();
    if (fault === 'hang up') {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const isAllowed = request.headers.authorization === `Bearer ${TOKEN}`;
    const body = Buffer.concat(chunks);
    const { status, json, bytes }: Reply =
      typeof fault === 'number'
        ? failure(fault, 'TEMPORARILY_UNAVAILABLE')
        : !isAllowed
          ? failure(403, 'PERMISSION_DENIED')
          : url.pathname.startsWith('/api/2.0/fs/')
            ? volumes(request.method ?? '', url, body)
            : dbfs(url, body);
    if (fault === 'lose the answer') {
      request.socket.destroy();
      return;
    }
    const content = bytes ?? Buffer.from(json === undefined ? '' : JSON.stringify(json));
    response.writeHead(status, { 'content-length': status === 204 ? 0 : content.length });
    response.end(request.method === 'HEAD' || status === 204 ? undefined : content);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `http://127.0.0.1:${String(port)}`,
    token: TOKEN,
    files,
    faults,
    get losesTheEnd() {
      return state.losesTheEnd;
    },
    set losesTheEnd(value) {
      state.losesTheEnd = value;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function failure(status: number, code: string): Reply {
  return { status, json: { error_code: code, message: `it is ${code}` } };
}
