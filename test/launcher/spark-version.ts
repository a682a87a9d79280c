import { once } from 'node:events';
import { connect } from 'node:http2';

/** `google.rpc.Code.UNAUTHENTICATED` */
export const UNAUTHENTICATED = 16;

/** An AnalyzePlanRequest {session_id = 1, user_context = 2 {user_id = 1}, spark_version = 10}. */
function request(): Buffer {
  const session = Buffer.from('00112233-4455-4677-8899-aabbccddeeff');
  const message = Buffer.concat([
    Buffer.from([0x0a, session.length]),
    session,
    Buffer.from([0x12, 0x03, 0x0a, 0x01, 0x61]),
    Buffer.from([0x52, 0x00]),
  ]);
  // gRPC's frame: not compressed, length.
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/**
 * Asks a Spark Connect server for its version, with nothing but HTTP/2.
 *
 * @returns the gRPC status, 0 where it answered, and whether the answer contains `version`.
 */
export async function askVersion(
  host: string,
  port: number,
  authorization: string | undefined,
  version: string,
): Promise<{ readonly status: number; readonly says: boolean }> {
  const client = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  // The call fails too, and is what we wait for.
  client.on('error', () => undefined);
  try {
    const call = client.request({
      ':method': 'POST',
      ':path': '/spark.connect.SparkConnectService/AnalyzePlan',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(authorization === undefined ? {} : { authorization }),
    });
    let status = -1;
    const take = (headers: Readonly<Record<string, unknown>>) => {
      if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status']);
    };
    const chunks: Buffer[] = [];
    call.on('response', take).on('trailers', take);
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.end(request());
    await once(call, 'end');
    return { status, says: Buffer.concat(chunks).includes(version) };
  } finally {
    client.destroy();
  }
}
