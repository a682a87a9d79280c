import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { assertPortablePattern } from '../../plan/regex.ts';
import { extractorConfig } from '../../strategies/registry.ts';
import { parseExpression } from './expression-parser.ts';

export const ACTIONS = ['fail', 'quarantine', 'drop', 'warn'] as const;
export type Action = (typeof ACTIONS)[number];

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower-case letters, digits and _, at most 63')
  .optional();
const column = z.string().min(1);
const columns = z.array(column).min(1).max(16);
const value = z.union([z.string(), z.number(), z.boolean()]);

/** What a rule tolerates before it acts: at most so many rows, and at most such a share of them. */
const threshold = z
  .strictObject({
    rows: z.int().min(0).optional(),
    ratio: z.number().min(0).max(1).optional(),
  })
  .refine(
    ({ rows, ratio }) => rows !== undefined || ratio !== undefined,
    'must have "rows", "ratio" or both',
  )
  .optional();

/** A rule that looks at each row on its own. */
const ofRows = { name, action: z.enum(ACTIONS).default('fail'), threshold };
/** A rule that looks at all rows of a load: it has no row to set aside. */
const ofLoads = { name, action: z.enum(['fail', 'warn']).default('fail') };

const range = z
  .strictObject({
    ...{ rule: z.literal('range'), column, ...ofRows },
    min: value.optional(),
    max: value.optional(),
    /** Whether the two ends belong to the range. */
    inclusive: z.boolean().default(true),
  })
  .refine(
    ({ min, max }) => min !== undefined || max !== undefined,
    'must have "min", "max" or both',
  );

const rowCount = z
  .strictObject({
    ...{ rule: z.literal('row_count'), ...ofLoads },
    min: z.int().min(0).optional(),
    max: z.int().min(0).optional(),
  })
  .refine(
    ({ min, max }) => min !== undefined || max !== undefined,
    'must have "min", "max" or both',
  )
  .refine(({ min = 0, max = Infinity }) => min <= max, '"min" must not be above "max"');

const references = z
  .strictObject({
    ...{ rule: z.literal('references'), columns, ...ofRows },
    /** Where the values have to be. A path means Parquet. */
    in: z.union([z.string().min(1), extractorConfig]),
    /** Their names there; absent: the same, without `source.` or `output.`. */
    inColumns: columns.optional(),
  })
  .refine(
    ({ columns: own, inColumns }) => inColumns === undefined || inColumns.length === own.length,
    '"columns" and "in_columns" must be equally many',
  );

export const qualityRule = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('not_null'), column, ...ofRows }),
  z.strictObject({ rule: z.literal('accepted'), column, values: z.array(value).min(1), ...ofRows }),
  range,
  z.strictObject({
    ...{ rule: z.literal('matches'), column, ...ofRows },
    pattern: z.string().min(1).superRefine(checked(assertPortablePattern)),
  }),
  references,
  z.strictObject({
    ...{ rule: z.literal('expression'), ...ofRows },
    /** What is true of a good row. */
    expression: z.string().min(1).max(10_000).superRefine(checked(parseExpression)),
  }),
  z.strictObject({ rule: z.literal('unique'), columns, ...ofLoads, threshold }),
  rowCount,
  z.strictObject({
    ...{ rule: z.literal('freshness'), column, ...ofLoads },
    maxAge: z
      .string()
      .regex(/^[1-9]\d{0,5}[mhd]$/, 'must be minutes, hours or days: "90m", "36h", "7d"'),
  }),
]);
export type QualityRule = z.output<typeof qualityRule>;
export type RowRuleConfig = Exclude<QualityRule, LoadRuleConfig>;
export type LoadRuleConfig = Extract<QualityRule, { rule: 'unique' | 'row_count' | 'freshness' }>;
export type Threshold = NonNullable<RowRuleConfig['threshold']>;

/** @param taken - names of the rules that the job has without any config. */
export function qualityRules(taken: readonly string[]) {
  return z.array(qualityRule).superRefine((rules, context) => {
    const seen = new Set(taken);
    for (const [index, rule] of rules.entries()) {
      const own = ruleName(rule, index);
      if (seen.has(own)) {
        context.addIssue({
          ...{ code: 'custom', path: [index] },
          message: `another rule is named "${own}": give one of them a "name" of its own`,
        });
      }
      seen.add(own);
    }
  });
}

/** The name of a rule: its own, else one made of its columns, such as `price_not_null`. */
export function ruleName(rule: QualityRule, index: number): string {
  if (rule.name !== undefined) return rule.name;
  if (rule.rule === 'expression') return `expression_${String(index + 1)}`;
  if (rule.rule === 'row_count') return rule.rule;
  const about = 'columns' in rule ? rule.columns : [rule.column];
  return [...about, rule.rule]
    .join('_')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 63);
}

/** Refuses a text for what a check of it throws. */
function checked(check: (text: string) => unknown) {
  return (text: string, context: z.RefinementCtx<string>): void => {
    try {
      check(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  };
}
