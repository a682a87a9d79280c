/** A list in DuckDB's SQL: floats whose texts differ from engine to engine, and both ends of the scale. */
export const FLOATS = `[0.1::double + 0.2, 1e23, 2e-3, 123456789.125, -1/3::double, 9007199254740993::double,
  0.0, -0.0, 'nan'::double, 'inf'::double, '-inf'::double, 5e-324, -2.2250738585072014e-308,
  2.225073858507201e-308, 1.7976931348623157e308, 0.49999999999999994, 4, null]`;
