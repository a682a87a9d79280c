import { Writable } from 'node:stream';

const SEQUENCE = /\u001b\[(\??)(\d*)([A-Za-z])|\n|\r|[^\u001b\n\r]+/g;

/** A terminal that keeps what a person would see; just enough of one for progress bars. */
export class Screen extends Writable {
  readonly isTTY = true;
  readonly lines: string[] = [''];
  /** Everything that was ever written. */
  raw = '';
  columns: number;
  #row = 0;
  #column = 0;
  #wraps = true;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.raw += chunk;
    for (const [token, mark, number, letter] of chunk.matchAll(SEQUENCE)) {
      if (letter !== undefined) this.#command(mark === '?', Number(number ?? ''), letter);
      else if (token === '\n') this.#newLine();
      else if (token === '\r') this.#column = 0;
      else this.#print(token);
    }
    done();
  }

  /** What can be seen, without empty lines at the end. */
  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  #command(isPrivate: boolean, number: number, letter: string): void {
    if (isPrivate) {
      if (number === 7) this.#wraps = letter === 'h';
    } else if (letter === 'A') this.#row = Math.max(0, this.#row - Math.max(1, number));
    else if (letter === 'D') this.#column = Math.max(0, this.#column - Math.max(1, number));
    else if (letter === 'G') this.#column = Math.max(0, number - 1);
    else if (letter === 'K') this.#erase(number);
    else if (letter === 'J') {
      this.#erase(0);
      this.lines.length = this.#row + 1;
    }
  }

  #erase(kind: number): void {
    const line = this.lines[this.#row] ?? '';
    this.lines[this.#row] = kind === 0 ? line.slice(0, this.#column) : '';
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    while (this.lines.length <= this.#row) this.lines.push('');
  }

  #print(text: string): void {
    for (const character of Array.from(text)) {
      if (this.#column >= this.columns) {
        if (!this.#wraps) continue;
        this.#newLine();
      }
      const line = Array.from((this.lines[this.#row] ?? '').padEnd(this.#column));
      line[this.#column] = character;
      this.lines[this.#row] = line.join('');
      this.#column += 1;
    }
  }
}
