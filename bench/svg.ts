/* What every drawing here shares. Drawn by hand: no library, the same input gives the same bytes. */

export const WIDTH = 760;

/** Readable on white and on black, and apart from each other for most eyes. */
export const COLOURS = ['#3d83c9', '#e0892e', '#3f9f6a', '#a06fcf', '#d35550', '#7f8c99'] as const;

/** A drawing brings its own background, since it cannot know the page's. */
export function svg(height: number, lines: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">
<style>
.page { fill: #fff } text { fill: #222 } .grid { stroke: #ddd }
@media (prefers-color-scheme: dark) { .page { fill: #14181d } text { fill: #e4e7ea } .grid { stroke: #39414a } }
</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
${lines.join('\n')}
</svg>
`;
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  const more = attributes === '' ? '' : ` ${attributes}`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escape(content)}</text>`;
}

export function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export const TITLE_STYLE = 'font-weight="600" font-size="15"';
