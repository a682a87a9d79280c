/**
 * The `code` of a system or PostgreSQL error. Looks at the shape alone: an error of Node itself is
 * no `instanceof Error` where code runs in a context of its own, as under jest.
 */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : undefined;
}
