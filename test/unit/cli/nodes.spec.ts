import { Command } from 'commander';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNodeWords } from '../../../lib/cli/multi/node-words.js';
import { nodesOf } from '../../../lib/cli/multi/nodes.js';

const known = new Command()
  .option('-A, --app <file>', '')
  .option('-Q, --queues <names>', '')
  .option('-c, --concurrency <number>', '')
  .option('-B, --beat', '')
  .option('--set <setting>', '')
  .option('--pidfile <file>', '')
  .option('--logfile <file>', '')
  .option('--hostname <host>', '')
  .option('--range-prefix <name>', '').options;

function nodes(line: string) {
  return nodesOf(readNodeWords(line.split(' '), known));
}

/** The flags of each worker besides its name and pid file, by its name. */
function flagsOf(line: string): Record<string, string> {
  return Object.fromEntries(nodes(line).map(({ name, args }) => [name, args.slice(2, -1).join(' ')]));
}

describe('several workers', () => {
  it("have flags of all and of their own, as in Celery's multi", () => {
    expect(flagsOf('w1 w2 --hostname=box -A app.js -c 1 -Q:w1 default -c:w1 2 -Q:w2 important -B')).toEqual({
      'w1@box': '--app=app.js --beat --queues=default --concurrency=2',
      'w2@box': '--app=app.js --concurrency=1 --beat --queues=important',
    });
  });

  it('can be a number of them, told apart by number, range and list', () => {
    expect(flagsOf('4 --hostname=box --range-prefix=w -c:1-2 5 --queues:3,w4=mail -c:4 7')).toEqual({
      'w1@box': '--concurrency=5',
      'w2@box': '--concurrency=5',
      'w3@box': '--queues=mail',
      'w4@box': '--queues=mail --concurrency=7',
    });
  });

  it('keep each --set, and the last of any other flag', () => {
    expect(flagsOf('w1@box -c 1 -c 2 --set worker.a=1 --set:w1 worker.b=2')).toEqual({
      'w1@box': '--concurrency=2 --set=worker.a=1 --set=worker.b=2',
    });
  });

  it("put their names into files and values, by Celery's patterns", () => {
    const [node] = nodes('w1 --hostname=box --pidfile=/run/%n.pid --logfile=/log/%h%I.log -Q %N.%d.%%');

    expect(node?.pidFile.path).toBe('/run/w1.pid');
    expect(node?.logFile).toBe('/log/w1@box.log');
    expect(node?.args).toContain('--queues=w1.box.%');
  });

  it('have files in the working directory unless told otherwise', () => {
    const [node] = nodes('w1@box');

    expect([node?.pidFile.path, node?.logFile]).toEqual([path.resolve('w1.pid'), path.resolve('w1.log')]);
  });

  it.each<[string, string]>([
    ['-c 2', 'No worker is named'],
    ['w1 w1', 'Worker "w1" is named twice'],
    ['w1 w2 -c:w3 1', 'A flag is for worker "w3", which is not named; did you mean "w1"?'],
    ['w1 w2 -c:3 1', 'A flag is for worker 3, but they are numbered from 1 to 2'],
    ['w1 --concurency=2', 'Unknown flag --concurency=2; did you mean --concurrency?'],
    ['w1 -c', 'Flag -c needs a value'],
    ['w1 w2 --pidfile=one.pid', 'Workers w1@'],
  ])('are refused: %s', (line, message) => {
    expect(() => nodes(line)).toThrowError(message);
  });

  it.each([
    ['w1 -TERM', 'SIGTERM'],
    ['w1 -SIGQUIT', 'SIGQUIT'],
    ['w1 -9', 'SIGKILL'],
    ['w1 -B', undefined],
  ])('are told a signal: %s', (line, signal) => {
    expect(readNodeWords(line.split(' '), known).signal).toBe(signal);
  });
});
