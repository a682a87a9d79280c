import type { OutputContract } from '../../core/schema.ts';
import { dateOfEpochDay, epochDay, type Window } from '../../core/window.ts';

/** One row per (product, store, week): a promotion as every sink holds it. */
export const promotionsContract: OutputContract = {
  comment: 'one row per promoted product, store and week',
  columns: [
    {
      name: 'promo_id',
      type: { kind: 'string', maxLength: 32 },
      nullable: false,
      comment: 'md5 of product_id|store_id|week; the key',
    },
    {
      name: 'product_id',
      type: { kind: 'int64' },
      nullable: false,
      comment: 'product, as in products',
    },
    { name: 'store_id', type: { kind: 'int64' }, nullable: false, comment: 'store' },
    {
      name: 'week',
      type: { kind: 'int32' },
      nullable: false,
      comment: 'week of the promotion, 1 to 53; week 1 begins on 2016-12-26',
    },
    {
      name: 'start_date',
      type: { kind: 'date' },
      nullable: false,
      comment: 'Monday on which the week begins',
    },
    {
      name: 'end_date',
      type: { kind: 'date' },
      nullable: false,
      comment: 'day after its last one',
    },
    {
      name: 'display_code',
      type: { kind: 'string', maxLength: 1 },
      nullable: false,
      comment: 'where in the store the product stood, as a code',
    },
    {
      name: 'mailer_code',
      type: { kind: 'string', maxLength: 1 },
      nullable: false,
      comment: 'where in the weekly mailer the product stood, as a code',
    },
    {
      name: 'display_location',
      type: { kind: 'string' },
      nullable: false,
      comment: 'display_code in words',
    },
    {
      name: 'mailer_location',
      type: { kind: 'string' },
      nullable: false,
      comment: 'mailer_code in words',
    },
    {
      name: 'on_display',
      type: { kind: 'bool' },
      nullable: false,
      comment: 'display_code is not 0',
    },
    { name: 'in_mailer', type: { kind: 'bool' }, nullable: false, comment: 'mailer_code is not 0' },
    {
      name: 'promo_score',
      type: { kind: 'decimal', precision: 5, scale: 2 },
      nullable: false,
      comment: '1.00 on display, 0.50 in a mailer, 0.25 more on its front, back or wrap front',
    },
    { name: 'department', type: { kind: 'string' }, nullable: true },
    { name: 'brand', type: { kind: 'string' }, nullable: true },
    { name: 'product_category', type: { kind: 'string' }, nullable: true },
    { name: 'created_by', type: { kind: 'string' }, nullable: false, comment: 'who ran the load' },
    {
      name: 'loaded_at',
      type: { kind: 'timestamp' },
      nullable: false,
      comment: 'start of the run that loaded the row, UTC',
    },
  ],
  key: ['promo_id'],
  partitionBy: 'week',
  validity: { from: 'start_date', to: 'end_date' },
};

/** Where in the store a product stood. The source's documentation of its codes. */
export const DISPLAY_LOCATIONS: Readonly<Record<string, string>> = {
  '0': 'not on display',
  '1': 'store front',
  '2': 'store rear',
  '3': 'front end cap',
  '4': 'mid-aisle end cap',
  '5': 'rear end cap',
  '6': 'side aisle end cap',
  '7': 'in-aisle',
  '9': 'secondary location display',
  A: 'in-shelf',
};

/** Where in the weekly mailer a product stood. */
export const MAILER_LOCATIONS: Readonly<Record<string, string>> = {
  '0': 'not on ad',
  A: 'interior page feature',
  C: 'interior page line item',
  D: 'front page feature',
  F: 'back page feature',
  H: 'wrap front feature',
  J: 'wrap interior coupon',
  L: 'wrap back feature',
  P: 'interior page coupon',
  X: 'free on interior page',
  Z: 'free on front page, back page or wrap',
};

/** Mailer codes of the pages everybody sees; they score higher. */
export const PROMINENT_MAILER_CODES = ['D', 'F', 'H'] as const;

export const FIRST_WEEK = 1;
export const LAST_WEEK = 53;
/** Monday of week 1; week 2 starts on Monday 2017-01-02. */
export const WEEK_1_START = '2016-12-26';

/** The weeks that have a day in the window, in order; none may be left. */
export function weeksOf(window: Window): readonly number[] {
  const origin = epochDay(WEEK_1_START);
  const first = Math.floor((epochDay(window.startDate) - origin) / 7) + 1;
  const last = Math.ceil((epochDay(window.endDate) - origin) / 7);
  const from = Math.max(FIRST_WEEK, first);
  const count = Math.max(0, Math.min(LAST_WEEK, last) - from + 1);
  return Array.from({ length: count }, (_, index) => from + index);
}

/** The smallest window of whole Monday-to-Monday weeks around the given one. */
export function wholeWeeks(window: Window): Window {
  const origin = epochDay(WEEK_1_START);
  const down = Math.floor((epochDay(window.startDate) - origin) / 7) * 7;
  const up = Math.ceil((epochDay(window.endDate) - origin) / 7) * 7;
  return { startDate: dateOfEpochDay(origin + down), endDate: dateOfEpochDay(origin + up) };
}
