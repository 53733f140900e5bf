/** The house as CONTRIBUTING.md describes it: rooms on floors, and what may stand where. Data only; `rules.ts` reads it. */
export const house = {
  /** Room of lib/ -> its floor. A room imports from lower floors only. `errors` lies below all, since every room throws. */
  floors: new Map<string, number>([
    ['errors', -1],
    ['time', 0],
    ['json', 0],
    ['protocol', 1],
    ['connections', 1],
    ['serialization', 1],
    ['schedules', 1],
    ['options', 1],
    ['canvas', 2],
    ['tasks', 2],
    ['brokers', 2],
    ['backends', 2],
    ['pools', 2],
    ['client', 3],
    ['execution', 4],
    ['events', 4],
    ['control', 4],
    ['worker', 5],
    ['beat', 5],
    ['nest', 6],
    ['bootstrap', 7],
    ['testing', 7],
    ['dashboard', 7],
    ['cli', 8],
  ]),

  /** Rooms whose folders are adapters, which never import one another, and the folders in them that are shared instead. */
  adapters: new Map<string, readonly string[]>([
    ['connections', []],
    ['brokers', ['virtual']],
    ['backends', ['key-value', 'sql']],
    ['pools', ['child', 'inline']],
  ]),

  /** The only room that reads the system clock or starts a timer. */
  clockRoom: 'time',

  /** Built-in modules that some supported Node does not have: treated as optional drivers. */
  optionalBuiltins: ['node:sqlite'],

  /** Folder names that say nothing of a responsibility. */
  namelessFolders: ['util', 'utils', 'helper', 'helpers', 'common', 'shared', 'misc'],

  longestSource: 300,
  longestSpec: 500,

  /** Tables of data and generated files, which may be longer. */
  tables: ['lib/backends/redis/lua.generated.ts', 'lib/brokers/redis/lua.generated.ts'] as readonly string[],
} as const;

export type House = typeof house;
