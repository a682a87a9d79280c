import type { ExpressionCase } from '../case.ts';
import { arithmetic } from './arithmetic.ts';
import { casts } from './cast.ts';
import { comparison } from './comparison.ts';
import { dates } from './date.ts';
import { division } from './division.ts';
import { hash } from './hash.ts';
import { literals } from './literal.ts';
import { conditional, logic } from './logic.ts';
import { nested } from './nested.ts';
import { patterns } from './pattern.ts';
import { rounding } from './rounding.ts';
import { text } from './text.ts';
import { time } from './time.ts';

/** Cases by the file of plan/expressions/ and the builder that it exports. */
export const EXPRESSION_CASES: Readonly<
  Record<string, Readonly<Record<string, readonly ExpressionCase[]>>>
> = {
  arithmetic: { ...arithmetic, ...division, ...rounding },
  cast: casts,
  comparison,
  conditional,
  date: dates,
  hash,
  literal: literals,
  logic,
  nested,
  text: { ...text, ...patterns },
  time,
};
