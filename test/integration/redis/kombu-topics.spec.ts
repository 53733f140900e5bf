import { expect, it } from 'vitest';
import { fitsPattern } from '../../../lib/brokers/redis/kombu-pattern.js';
import { runCommand } from '../../tools/run-command.js';
import { describeWithServer } from '../../tools/servers.js';

const WORDS = ['a', 'b', 'ab', 'x+y', '(', 'é', '\u{1f600}', ''];

/** Prints what kombu makes of binding keys, and which routing keys they fit there. */
const PROGRAM = `
import itertools, json
from kombu.transport.virtual.exchange import TopicExchange
words = ${JSON.stringify(WORDS)}
exchange = TopicExchange(None)
joined = lambda words, length: ['.'.join(each) for each in itertools.product(words, repeat=length)]
keys = joined(words, 1) + joined(words, 2) + joined(words[:3] + [''], 3)
rows = []
for binding in joined(words + ['*', '#'], 1) + joined(['a', 'x+y', '*', '#'], 2) + joined(['a', '*', '#'], 3):
    pattern = exchange.key_to_pattern(binding)
    rows.append([pattern, [key for key in keys if exchange._match(pattern, key)]])
print(json.dumps({'keys': keys, 'rows': rows}))
`;

interface Told {
  readonly keys: readonly string[];
  readonly rows: readonly (readonly [pattern: string, fitting: readonly string[]])[];
}

function describeTopics(python: string): void {
  it('fits the same routing keys, for every pattern of up to three words', async () => {
    const { stdout } = await runCommand(python, ['-c', PROGRAM], { withinMs: 60_000 });
    const { keys, rows } = JSON.parse(stdout) as Told;

    expect(rows.length).toBeGreaterThan(50);
    for (const [pattern, fitting] of rows) {
      expect([pattern, keys.filter((key) => fitsPattern(pattern, key))]).toEqual([pattern, fitting]);
    }
  });
}

describeWithServer('celery', "topics as the newest Celery's kombu", (python) => describeTopics(python));
describeWithServer('celery-debian', "topics as Debian's kombu", (python) => describeTopics(python));
