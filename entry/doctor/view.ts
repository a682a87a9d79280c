import type { Finding } from '../../core/finding.ts';
import { printable } from '../../core/printable.ts';
import type { Screen } from '../command.ts';
import { paint } from '../wording.ts';

/** Findings that belong together. */
export interface FindingGroup {
  readonly title: string;
  readonly findings: readonly Finding[];
}

const MARKS = {
  ok: { mark: '✓', style: 'green' },
  note: { mark: '·', style: 'yellow' },
  red: { mark: '✗', style: 'red' },
} as const;

/** A long name, such as that of a folder, has a line of its own. */
const LONGEST_NAME = 16;
const NARROWEST = 24;

/** The lines of a group: signs on a terminal, words elsewhere. */
export function groupLines(
  { title, findings }: FindingGroup,
  { width, color }: Pick<Screen, 'width' | 'color'>,
): readonly string[] {
  if (findings.length === 0) return [];
  const look = { width, color, signs: Number.isFinite(width) };
  return [paint('bold', title, color), ...findingLines(findings, look).map(indented), ''];
}

interface Look {
  /** Columns that a line may have. */
  readonly width: number;
  readonly color: boolean;
  /** Signs in place of words. */
  readonly signs: boolean;
}

export function findingLines(findings: readonly Finding[], look: Look): readonly string[] {
  return findings.flatMap((finding) => linesOf(finding, look));
}

function indented(line: string): string {
  return `  ${line}`;
}

function linesOf(finding: Finding, { width, color, signs }: Look): readonly string[] {
  const { mark, style } = MARKS[finding.verdict];
  const sign = paint(style, signs ? mark : finding.verdict.padEnd(4), color);
  const name = printable(finding.name);
  const indent = ' '.repeat((signs ? 2 : 5) + LONGEST_NAME + 2);
  const room = Math.max(NARROWEST, width - indent.length - 2);
  const text = finding.text.split('\n').flatMap((line) => wrapped(printable(line), room));
  const fix = 'fix' in finding ? wrapped(`→ ${printable(finding.fix)}`, room) : [];
  const shade = finding.verdict === 'red' ? 'bold' : 'dim';
  const below = [...text, ...fix.map((line) => paint(shade, line, color))];
  const fits = name.length <= LONGEST_NAME;
  const [first = '', ...rest] = fits ? below : ['', ...below];
  const head = `${sign} ${name.padEnd(LONGEST_NAME)}  ${first}`.trimEnd();
  return [head, ...rest.map((line) => indent + line)];
}

/** Breaks a text at spaces; what has none is left as it is, so that it can be copied. */
function wrapped(text: string, room: number): readonly string[] {
  if (text.length <= room) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** What came of it all, in a line. */
export function verdictLine(groups: readonly FindingGroup[], color: boolean): string {
  const all = groups.flatMap(({ findings }) => findings);
  const of = (verdict: Finding['verdict']) => all.filter((one) => one.verdict === verdict).length;
  const counts = `${String(of('ok'))} ok, ${String(of('note'))} to know, ${String(of('red'))} red`;
  const isWell = of('red') === 0;
  return paint(isWell ? 'green' : 'red', `${isWell ? 'fit to run' : 'not well'}: ${counts}`, color);
}

/** For programs: `dray.doctor/1`. */
export function doctorJson(groups: readonly FindingGroup[]): Readonly<Record<string, unknown>> {
  const findings = groups.flatMap(({ title, findings: own }) =>
    own.map((finding) => ({ group: title, ...finding })),
  );
  const isWell = findings.every(({ verdict }) => verdict !== 'red');
  return { schema: 'dray.doctor/1', ok: isWell, findings };
}
