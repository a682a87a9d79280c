import { partsOf } from '../template.ts';

/** Airflow takes a text that ends so for the name of a file with the template. */
const FILE_ENDINGS = /\.(json|json-tpl|sh|bash|env|ya?ml)$/;
const NOTHING = "{{ '' }}";

/**
 * A text as Airflow's Jinja has to be given it: expressions in braces, and all else in a form that Jinja
 * renders to what it was. `{% raw %}` is no way: data can close it.
 */
export function jinjaText(text: string): string {
  const parts = partsOf(text);
  const written = parts
    .map((part, index) => {
      if ('expression' in part) return `{{ ${part.expression} }}`;
      const isLast = index === parts.length - 1;
      return (
        part.literal
          .replace(isLast ? /\{(?=[{%#])/g : /\{(?=[{%#]|$)/g, "{{ '{' }}")
          // Jinja makes one kind of line ends of all.
          .replace(/\r/g, "{{ '\\r' }}")
      );
    })
    .join('');
  // It also drops one at the end.
  return FILE_ENDINGS.test(written) || written.endsWith('\n') ? `${written}${NOTHING}` : written;
}
