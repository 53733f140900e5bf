/**
 * The suites of `npm test`, in the order in which they run: the fast ones first. Each is a project of vitest.config.ts.
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {string[]} folders where its `*.spec.ts` files are
 * @property {string[]} [except] folders below them that are another suite's
 * @property {boolean} [parallel] whether two of its files run at a time
 * @property {string[]} [longest] the files that take longest, which begin first: what begins last may have a core for itself
 * @property {boolean} [shared] whether files run one after the other in one process, which has loaded the library once: loading it takes longer than most of them
 * @property {boolean} processes whether its specs start compiled programs (test/fixtures/apps, sample) as processes
 */

/** @type {readonly Suite[]} */
export const suites = [
  { name: 'unit', folders: ['test/unit'], except: ['test/unit/memory'], shared: true, processes: false },
  { name: 'memory', folders: ['test/unit/memory'], processes: false },
  { name: 'architecture', folders: ['test/architecture'], processes: false },
  { name: 'types', folders: ['test/types'], processes: false },
  { name: 'conformance', folders: ['test/conformance'], processes: true, parallel: true },
  {
    name: 'integration',
    folders: ['test/integration'],
    processes: true,
    parallel: true,
    longest: ['tools/python-celery', 'redis/outages', 'redis/faults', 'pools/child-recycle', 'embedded/storm'],
  },
  {
    name: 'e2e',
    folders: ['test/e2e'],
    except: ['test/e2e/celery', 'test/e2e/redis'],
    processes: true,
    parallel: true,
    longest: [
      'canvas-trees',
      'outcomes-processes',
      'supervision',
      'shutdown',
      'bad-input-workers',
      'recycling',
      'stall-guard',
    ],
  },
  {
    name: 'e2e-servers',
    folders: ['test/e2e/celery', 'test/e2e/redis'],
    processes: true,
    parallel: true,
    longest: [
      'redis/canvas-trees',
      'redis/outcomes',
      'redis/refuses',
      'queues-and-prefix',
      'nest-to-python',
      'control',
      'python-follows-nest',
    ],
  },
  { name: 'chaos', folders: ['test/chaos'], processes: true, parallel: true },
  {
    name: 'sample',
    folders: ['test/sample', 'sample'],
    processes: true,
    parallel: true,
    longest: ['quickstart-exit', 'quickstart-end'],
  },
];
