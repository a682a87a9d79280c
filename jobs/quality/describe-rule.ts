import type { QualityRule } from './rule-config.ts';

/** What a rule asks for, in one line. */
export function describeRule(rule: QualityRule): string {
  switch (rule.rule) {
    case 'not_null':
      return `${rule.column} is not null`;
    case 'accepted':
      return `${rule.column} in (${rule.values.map((value) => JSON.stringify(value)).join(', ')})`;
    case 'range': {
      const [least, most] = rule.inclusive ? ['>=', '<='] : ['>', '<'];
      const ends = [
        ...(rule.min === undefined ? [] : [`${rule.column} ${least} ${String(rule.min)}`]),
        ...(rule.max === undefined ? [] : [`${rule.column} ${most} ${String(rule.max)}`]),
      ];
      return ends.join(' and ');
    }
    case 'matches':
      return `${rule.column} matches ${rule.pattern}`;
    case 'references': {
      const to = rule.inColumns === undefined ? '' : ` (${rule.inColumns.join(', ')})`;
      return `${rule.columns.join(', ')} in ${placeOf(rule.in)}${to}`;
    }
    case 'expression':
      return rule.expression;
    case 'unique':
      return `${rule.columns.join(', ')} ${rule.columns.length === 1 ? 'is' : 'are'} unique`;
    case 'row_count':
      return (
        [
          ...(rule.min === undefined ? [] : [`at least ${rule.min.toLocaleString('en-US')}`]),
          ...(rule.max === undefined ? [] : [`at most ${rule.max.toLocaleString('en-US')}`]),
        ].join(', ') + ' rows'
      );
    case 'freshness':
      return `newest ${rule.column} at most ${rule.maxAge} old`;
  }
}

function placeOf(other: Extract<QualityRule, { rule: 'references' }>['in']): string {
  if (typeof other === 'string') return other;
  return ('sourceTable' in other ? other.sourceTable : undefined) ?? 'a query';
}

/** What a rule tolerates; empty: nothing. */
export function describeThreshold(rule: QualityRule): string {
  if (!('threshold' in rule) || rule.threshold === undefined) return '';
  const { rows, ratio } = rule.threshold;
  return [
    ...(rows === undefined ? [] : [`${rows.toLocaleString('en-US')} rows`]),
    ...(ratio === undefined ? [] : [`${String(Number((ratio * 100).toPrecision(6)))}%`]),
  ].join(' and ');
}
