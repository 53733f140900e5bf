/**
 * What may befall a body, or its worker, on each pool: each cell is covered by tests on real processes, which say so by `covers`.
 *
 * @typedef {(typeof matrixPools)[number]} MatrixPool
 * @typedef {(typeof poolFaults)[number]} PoolFault
 */

export const matrixPools = /** @type {const} */ (['prefork', 'threads', 'async', 'solo']);

export const poolFaults = /** @type {const} */ ([
  'crash',
  'exit',
  'hang',
  'hard limit',
  'soft limit',
  'memory ceiling',
  'recycle',
  'revoke',
  'terminate',
  'warm stop',
  'soft stop',
  'cold stop',
]);
