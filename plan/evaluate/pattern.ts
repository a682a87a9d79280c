import type { Compile } from './functions.ts';
import { unary } from './vector.ts';

export const pattern = {
  like: (call, args) => {
    const expression = likeExpression(call.parameters.pattern);
    return unary(call, args, (a: string) => expression.test(a));
  },
  matches: (call, args) => {
    const expression = portable(call.parameters.pattern, '');
    return unary(call, args, (a: string) => expression.test(a));
  },
  regexpReplace: (call, args) => {
    const expression = portable(call.parameters.pattern, 'g');
    const replace = replacer(call.parameters.replacement);
    return unary(call, args, (a: string) =>
      a.replace(expression, (...found: (string | undefined)[]) => replace(found)),
    );
  },
  regexpExtract: (call, args) => {
    const expression = portable(call.parameters.pattern, '');
    const { group } = call.parameters;
    return unary(call, args, (a: string) => expression.exec(a)?.[group] ?? '');
  },
} satisfies Partial<Compile>;

/** Outside of classes, JavaScript's `.` leaves out more line ends than the line feed. */
function portable(source: string, flags: string): RegExp {
  const spelled = source.replace(/\\.|\[(?:\\.|[^\]])*\]|\./gs, (token) =>
    token === '.' ? '[^\\n]' : token,
  );
  return new RegExp(spelled, `${flags}u`);
}

function likeExpression(source: string): RegExp {
  const spelled = source.replace(/![!%_]|[%_]|[\\^$.*+?()[\]{}|/-]/g, (token) => {
    if (token === '%') return '.*';
    if (token === '_') return '.';
    const plain = token.startsWith('!') && token.length > 1 ? token.slice(1) : token;
    return /[\\^$.*+?()[\]{}|/]/.test(plain) ? `\\${plain}` : plain;
  });
  return new RegExp(`^${spelled}$`, 'su');
}

/** `$1` to `$9` are groups, `$0` the match, `$$` a dollar; a group that took no part is empty. */
function replacer(replacement: string): (found: readonly (string | undefined)[]) => string {
  const parts = replacement.split(/(\$[$0-9])/);
  return (found) =>
    parts
      .map((part) => {
        if (!/^\$[$0-9]$/.test(part)) return part;
        return part === '$$' ? '$' : (found[Number(part[1])] ?? '');
      })
      .join('');
}
