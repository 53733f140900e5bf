import { nok, ok, type ObeyedCommand } from '../command.interface.js';
import type { ControlledNode } from '../controlled-node.interface.js';
import { PythonError } from '../python-error.js';
import { textsOf, wholeNumberOf } from './argument-values.js';

/** Commands that change the pool, or end the worker. @source celery/worker/control.py */
export const poolCommands: readonly ObeyedCommand[] = [
  { name: 'pool_grow', run: (node, { n, pool }) => resize(node, 'grow', n, pool) },
  { name: 'pool_shrink', run: (node, { n, pool }) => resize(node, 'shrink', n, pool) },
  {
    name: 'pool_restart',
    // What Celery's names in "modules" and reloads with "reload", children load anyway: all of the application.
    run(node) {
      if (!node.restartPool()) throw new PythonError('ValueError', 'Pool restarts not enabled');
      return ok('reload started');
    },
  },
  {
    name: 'autoscale',
    optional: ['max', 'min'],
    isStrict: true,
    run(node, { max, min }) {
      const bounds = node.setAutoscale({
        ...(max !== undefined && max !== null && { max: wholeNumberOf('max', max, 1) }),
        ...(min !== undefined && min !== null && { min: wholeNumberOf('min', min, 1) }),
      });
      if (bounds === undefined) throw new PythonError('ValueError', 'Autoscale not enabled');
      return ok(`autoscale now max=${bounds.max} min=${bounds.min}`);
    },
  },
  {
    name: 'shutdown',
    run(node) {
      node.shutdown();
      return undefined;
    },
  },
];

/** @param pool which of several, which Celery does not know of */
function resize(node: ControlledNode, how: 'grow' | 'shrink', n: unknown, pool: unknown): unknown {
  if (node.autoscale() !== undefined) {
    return nok(`pool_${how} is not supported with autoscale. Adjust autoscale range instead.`);
  }
  node[how](wholeNumberOf('n', n, 1), textsOf('pool', pool)[0]);
  return ok(`pool will ${how}`);
}
