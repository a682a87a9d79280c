/** One part of the report, and what it draws: SVG by file name. */
export interface Section {
  readonly markdown: string;
  readonly drawings: Readonly<Record<string, string>>;
}

/** The lines that say what is wrong; nothing when nothing is. */
export function problemList(problems: readonly string[]): string {
  if (problems.length === 0) return '';
  return `\n\n**Not as it must be:**\n\n${problems.map((line) => `- ${line}`).join('\n')}`;
}
