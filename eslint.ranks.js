/**
 * The one rule for imports: downwards only. A folder may import itself and folders of a lower
 * rank; peers never import each other, and nobody but tests and benchmarks imports those.
 */
const RANKS = [
  ['core'],
  ['plan'],
  ['strategies', 'engines', 'platforms', 'state'],
  ['jobs'],
  ['dags', 'control'],
  ['entry'],
];

const OUTSIDE = ['test', 'bench', 'scripts'];

/** @param {string} basePath folder that holds the ranked folders */
function rankZones(basePath) {
  return {
    basePath,
    zones: RANKS.flatMap((peers, rank) =>
      peers.map((folder) => ({
        target: `./${folder}`,
        from: [
          ...peers.filter((peer) => peer !== folder),
          ...RANKS.slice(rank + 1).flat(),
          ...OUTSIDE,
        ].map((name) => `./${name}`),
        message: `${folder}/ may import only itself and the ranks below it (eslint.ranks.js)`,
      })),
    ),
  };
}

/** @param {string} basePath */
export function importRules(basePath) {
  return {
    'import-x/no-restricted-paths': ['error', rankZones(basePath)],
    'import-x/no-cycle': 'error',
    'import-x/no-self-import': 'error',
  };
}

/** Lets import-x find and parse `.ts` files without a TypeScript resolver. */
export const importSettings = {
  'import-x/extensions': ['.ts', '.js', '.mjs'],
  'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
};
