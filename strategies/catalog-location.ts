import { JobError } from '../core/errors.ts';

/** A location as catalogs write it: `s3a://` and `s3n://` are Hadoop's names for `s3://`. */
export function catalogLocation(location: string): string {
  return location.replace(/^s3[an]:\/\//i, 's3://').replace(/(?<=[^/:])\/+$/, '');
}

/** Whether two texts name the same folder. */
export function sameLocation(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** Whether a folder is below another one. */
export function isBelow(inner: string, outer: string): boolean {
  return canonical(inner).startsWith(`${canonical(outer)}/`);
}

/**
 * @param schemes - of storage where the catalog can have tables.
 * @throws JobError `CONFIG_INVALID` for a path that whoever reads the catalog cannot reach.
 */
export function assertReachable(
  location: string,
  catalog: string,
  schemes: readonly string[],
): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(catalogLocation(location))?.[1];
  if (scheme !== undefined && schemes.includes(scheme.toLowerCase())) return;
  throw new JobError(
    'CONFIG_INVALID',
    `"path" is "${location}", where ${catalog} cannot have a table`,
    { hint: `use one of: ${schemes.map((each) => `${each}://`).join(', ')}` },
  );
}

function canonical(location: string): string {
  // Java writes file:/x for file:///x.
  return catalogLocation(location).replace(/^file:\/+/i, 'file:///');
}
