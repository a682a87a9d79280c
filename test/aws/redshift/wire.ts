/** A message of the protocol's version 3: one letter, and what follows its length. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/** Cuts a stream into messages; the first of a client has no letter and is `startup`. */
export class Messages {
  #rest = Buffer.alloc(0);
  #startup: boolean;

  constructor(startup: boolean) {
    this.#startup = startup;
  }

  /** What came whole so far; a startup message has the letter ''. */
  add(data: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, data]);
    const found: Message[] = [];
    for (;;) {
      const head = this.#startup ? 0 : 1;
      if (this.#rest.length < head + 4) return found;
      const end = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < end) return found;
      const type = this.#rest.toString('latin1', 0, head);
      const body = this.#rest.subarray(head + 4, end);
      this.#rest = this.#rest.subarray(end);
      // A request for encryption is followed by the startup itself.
      if (this.#startup && body.readInt32BE(0) !== SSL_REQUEST) this.#startup = false;
      found.push({ type, body });
    }
  }
}

export const SSL_REQUEST = 80_877_103;
export const CANCEL_REQUEST = 80_877_102;

export function encode({ type, body }: Message): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), length, body]);
}

/** Texts as the protocol has them, each with a zero byte at its end. */
export function texts(...values: readonly string[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from(`${value}\0`)));
}

export function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start));
}

/** The fields of an error: `C` its SQLSTATE, `M` its message, `D` its detail. */
export function errorFields(body: Buffer): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  let at = 0;
  while (body[at] !== 0 && at < body.length) {
    const text = textAt(body, at + 1);
    fields[String.fromCharCode(body[at] ?? 0)] = text;
    at += 2 + Buffer.byteLength(text);
  }
  return fields;
}

export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
}

export function errorMessage({ code, message, detail }: ServerError): Message {
  const fields = [
    'SERROR',
    `C${code}`,
    `M${message}`,
    ...(detail === undefined ? [] : [`D${detail}`]),
  ];
  return { type: 'E', body: Buffer.concat([texts(...fields), Buffer.from([0])]) };
}
