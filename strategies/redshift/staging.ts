import { quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/**
 * The role with which the cluster goes to S3, as COPY and UNLOAD take it. Several roles, with commas
 * between, are assumed one after the other.
 *
 * @param text - ARNs, or `default`.
 */
export function roleOf(text: string): string {
  if (text.toLowerCase() === 'default') return 'default';
  if (text.split(',').every((arn) => ROLE.test(arn))) return quote(text);
  throw new JobError('CONFIG_INVALID', `"iam_role" cannot be "${text}"`, {
    hint: 'write the ARN of a role, arn:aws:iam::123456789012:role/name, or "default"',
  });
}

/** It becomes part of statements, so nothing in it may need an escape. Without a slash at its end. */
export function stagingRoot(text: string): string {
  const match = /^s3a?:\/\/([\w.-]+(?:\/[\w.!*()=+@:,/-]*)?)$/.exec(text);
  if (match?.[1] !== undefined) return `s3://${match[1].replace(/\/+$/, '')}`;
  throw new JobError('CONFIG_INVALID', `"staging_path" cannot be "${text}"`, {
    hint: 'write s3://bucket/prefix, of letters, digits and .!*()=+@:,_- in the region of the cluster',
  });
}
