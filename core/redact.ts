/** What stands in the place of a secret. */
export const MASK = '***';

const SECRET_KEY =
  /pass(word|wd|phrase)|pwd|secret|token|credential|signature|webhook|authorization|(private|access|api|account|encryption)key|^pass$|^sig$/;

/** True for a key whose value must not be seen: `password`, `sslPassword`, `aws_secret_access_key`. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replaceAll(/[_.-]/g, ''));
}

/**
 * A copy of a config that may be stored and shown: literal secrets are masked, under telling keys
 * and inside URLs, at any depth. References (`secret://...`) stay, since they hold no secret.
 */
export function redactConfig(json: unknown): unknown {
  return redactValue(json, false);
}

function redactValue(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => redactValue(item, secret));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        redactValue(item, secret || isSecretKey(key)),
      ]),
    );
  }
  if (value === null || value === undefined) return value;
  if (secret) return typeof value === 'string' && isReference(value) ? value : MASK;
  return typeof value === 'string' ? redactText(value) : value;
}

/** Masks the credentials in a text: `scheme://user:...@host`, `?password=...`, `password=...`. */
export function redactText(text: string): string {
  if (isReference(text)) return text;
  return (
    text
      .replaceAll(/(:\/\/[^\s/?#:@]*):[^\s/?#]*@/g, `$1:${MASK}@`)
      // A password with a raw `/`, `?` or `#` in it; digits up to one of those are a port.
      .replaceAll(/(:\/\/[^\s/?#:@]*):(?!\*\*\*@|\d+(?:[/?#,]|$))\S*@/g, `$1:${MASK}@`)
      .replaceAll(
        /(^|[?&;,\s])([\w.%-]+)(\s*=\s*)('[^']*'|"[^"]*"|[^&;\s]*)/g,
        (whole: string, before: string, key: string, equals: string, value: string) =>
          isSecretKey(decoded(key)) && !isReference(value)
            ? `${before}${key}${equals}${MASK}`
            : whole,
      )
  );
}

function isReference(value: string): boolean {
  return /^secret:\/\/\S*$/.test(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
