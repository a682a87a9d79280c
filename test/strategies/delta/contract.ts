import type { OutputContract } from '../../../core/schema.ts';

/** No type that has no text of its own, so that its rows can be hashed. */
export const HASHED: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'name', type: { kind: 'string' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', precision: 38, scale: 18 }, nullable: false },
    { name: 'seen', type: { kind: 'timestamp' }, nullable: false },
    { name: 'day', type: { kind: 'date' }, nullable: false },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'day', to: 'day' },
};

export const CONTRACT: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'name', type: { kind: 'string' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', precision: 38, scale: 18 }, nullable: false },
    { name: 'seen', type: { kind: 'timestamp' }, nullable: false },
    { name: 'day', type: { kind: 'date' }, nullable: false },
    { name: 'flag', type: { kind: 'bool' }, nullable: true },
    { name: 'ratio', type: { kind: 'float64' }, nullable: true },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'day', to: 'day' },
};
