/* The first and the last date and moment of the plan's calendar, the years 1 to 9999, for Spark's SQL. */

/** Days since 1970-01-01 of 0001-01-01. */
export const FIRST_DAY = '-719162';
/** Days since 1970-01-01 of 9999-12-31. */
export const LAST_DAY = '2932896';
/** Months since the year 0 of 0001-01. */
export const FIRST_MONTH = '12';
/** Months since the year 0 of 9999-12. */
export const LAST_MONTH = '119999';
/** Microseconds since 1970 of 0001-01-01 00:00:00. */
export const FIRST_MICROS = '-62135596800000000';
/** Microseconds since 1970 of 9999-12-31 23:59:59.999999. */
export const LAST_MICROS = '253402300799999999';

export const OUTSIDE = 'outside the years 1 to 9999';
