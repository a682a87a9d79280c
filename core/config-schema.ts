import type { core } from 'zod';
import type { ConfigPath } from './wire-name.ts';

/**
 * The keys that a schema knows at a place of a value, camelCase. Of a discriminated union only the
 * branch that the value chose counts.
 */
export function keysAt(schema: core.$ZodType, value: unknown, path: ConfigPath): readonly string[] {
  let nodes = branches(schema, value);
  let inside = value;
  for (const part of path) {
    inside = valueOf(inside, part);
    nodes = nodes.flatMap((node) => {
      const child = childOf(node, part);
      return child === undefined ? [] : branches(child, inside);
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(shapeOf(node))))];
}

/** What is at a path of a value; undefined when there is nothing. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce(valueOf, value);
}

function valueOf(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[part];
}

/** The schema without its wrappers, or the branches of a union that can hold the value. */
function branches(schema: core.$ZodType, value: unknown): readonly core.$ZodType[] {
  const { def } = (schema as core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return branches(def.innerType, value);
    case 'pipe':
      return branches(def.in, value);
    case 'lazy':
      return branches(def.getter(), value);
    case 'union': {
      const key = 'discriminator' in def ? String(def.discriminator) : undefined;
      return def.options
        .filter((option) => key === undefined || accepts(option, key, valueOf(value, key)))
        .flatMap((option) => branches(option, value));
    }
    default:
      return [schema];
  }
}

function accepts(option: core.$ZodType, key: string, chosen: unknown): boolean {
  return option._zod.propValues?.[key]?.has(chosen as core.util.Primitive) ?? false;
}

function shapeOf(schema: core.$ZodType): Readonly<Record<string, core.$ZodType>> {
  const { def } = (schema as core.$ZodTypes)._zod;
  return def.type === 'object' ? def.shape : {};
}

function childOf(schema: core.$ZodType, part: string | number): core.$ZodType | undefined {
  const { def } = (schema as core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, part) ? def.shape[part] : undefined;
    case 'array':
      return def.element;
    case 'record':
      return def.valueType;
    case 'tuple':
      return def.items[Number(part)];
    default:
      return undefined;
  }
}
