import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCommandLine } from '../../../lib/cli/index.js';
import { projectRoot } from '../../tools/paths.mjs';

const binFile = path.join(projectRoot, 'dist/esm/cli/bin.js');
let output = '';

beforeEach(() => {
  output = '';
  vi.stubEnv('TASK_QUEUE_BROKER_URL', undefined);
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function run(line: string): Promise<number> {
  return runCommandLine(line.split(' ').filter(Boolean), binFile);
}

describe('task-queue', () => {
  it('sends, looks, lists and deletes by the URL of a broker alone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const broker = `-b embedded:${folder}`;
    const codes = [
      await run(`call math.add ${broker} -a [1,2] --task-id id-1 -Q mail --json`),
      await run(`result id-1 ${broker} --json`),
      await run(`list queues ${broker} -Q mail`),
      await run(`list tasks ${broker}`),
      await run(`purge ${broker} -Q mail -f`),
      await run(`list bindings ${broker} -Q mail --json`),
    ];

    expect(codes).toEqual([0, 69, 0, 0, 0, 0]);
    expect(output).toContain('{\n  "id": "id-1"\n}\n');
    expect(output).toContain('"state": "PENDING"');
    expect(output).toMatch(/^queue +waiting +held +parked +dead +oldest\nmail +1 +0 +0 +0/m);
    expect(output).toContain('A broker knows no tasks: name an application');
    expect(output).toContain('mail: 1 deleted');
    expect(output).toMatch(/"routingKey": "mail",\n +"waiting": 0/);
  });

  it.each<[string, string]>([
    ['--help', 'Commands:'],
    ['worker --help', 'task-queue worker -A dist/app.module.js'],
    ['--version', '0.1.0'],
  ])('answers %s and ends with 0', async (line, words) => {
    expect(await run(line)).toBe(0);
    expect(output).toContain(words);
  });

  it.each<[string, string]>([
    ['', 'Usage: task-queue'],
    ['wrker', 'Did you mean worker?'],
    ['worker', 'No application is named: give -A'],
    ['worker -A x --concurency 2', 'Did you mean --concurrency?'],
    ['worker -A x --bogus', 'See task-queue worker --help.'],
    ['list queue -b memory:', 'See task-queue list --help.'],
    ['worker -A x --concurrency', 'argument missing'],
    ['worker -A nowhere.js', 'Application "nowhere.js" does not exist'],
    ['worker -A lib/indx.ts', 'did you mean "lib/index.ts"?'],
    ['worker -A lib', 'Application "lib" is a folder'],
    ['worker -A no/such/app.js', 'there is no folder'],
    ['worker -A x -P forks', '"pool" to be one of "prefork", "threads"'],
    ['worker -A x -P preforq', 'did you mean "prefork"?'],
    ['worker -A x -c 0', '"--concurrency" to be an integer of at least 1, got "0"'],
    ['worker -A x -c many', '"--concurrency" to be a whole number, got "many"'],
    ['worker -A x --autoscale 1,3', '"--autoscale" to be such that "min" is at most "max" (1), got "1,3"'],
    ['worker -A x --autoscale many', '"--autoscale" to be two whole numbers, the largest size first'],
    ['worker -A x -P solo --autoscale 3,1', '"--autoscale" to be left out for the pool "solo"'],
    ['worker -A x -Q ,', '"--queues" to be a list of at least one queue name'],
    ['worker -A x -Q a,b -X c', '"--exclude-queues" to be of the queues that this worker would take from (a, b)'],
    ['worker -A x -Q a,b -X a,b', '"--exclude-queues" to be less than all of its queues (a, b)'],
    ['worker -A x --max-memory-per-child 200', 'did you mean "200MiB"'],
    ['worker -A x --prefetch-multiplier many', '"--prefetch-multiplier" to be a whole number, got "many"'],
    ['worker -A x -O fare', '"--optimization" to be one of "default", "fair" (did you mean "fair"?)'],
    ['worker -A x --time-limit 30', '"--time-limit" to be'],
    ['worker -A x --time-limit 1s --soft-time-limit 2s', 'less than "timeLimit" (1000 ms)'],
    ['worker -A x --heartbeat-interval 0', '"--heartbeat-interval" to be'],
    ['worker -A x --set worker.sendTaskEvents=perhaps', '"--set worker.sendTaskEvents" to be "true" or "false"'],
    ['worker -A x --health here', '"--health" to be a port, or a host and a port'],
    ['worker -A x --health 99999', '"--health" to be such that "port" is an integer from 0 to 65535'],
    ['call', "missing required argument 'task'"],
    ['call math.add', 'No application is named: give -A'],
    ['call math.add', 'Or name a broker: --broker'],
    ['call math.add -A app.js -b memory:', 'Give either -A'],
    ['call math.add -b memory: -a {', '--args has to be JSON, an array, such as "[2, 3]"'],
    ['call math.add -b memory: -a {}', '--args has to be an array, such as "[2, 3]", got {}'],
    ['call math.add -b memory: -k []', '--kwargs has to be an object'],
    ['call math.add -b memory: --countdown 10', '"--countdown" to be'],
    ['call math.add -b memory: --expires soon', '"--expires" to be'],
    ['call math.add -b memory: --eta soon', '--eta has to be a date'],
    ['call math.add -b memory: --priority 12', '"--priority" to be an integer from 0 to 9'],
    ['result', "missing required argument 'id'"],
    ['result x -b memory: --timeout 10', '"--timeout" to be'],
    ['purge -b memory: -Q a', 'Nobody can be asked whether to delete messages for good'],
    ['purge -b memory: -Q a -X a', 'No queue is left to purge'],
    ['list', 'Usage: task-queue list'],
    ['list queue -b memory:', 'Did you mean queues?'],
    ['inspect', "missing required argument 'command'"],
    ['inspect actve -b memory:', 'did you mean "active"?'],
    ['inspect nothing -b memory:', 'There is no command "nothing". One of your own'],
    ['inspect ping now -b memory:', 'What is "now" for? It is too much.'],
    ['inspect query_task -b memory:', 'Give <id…>, too.'],
    ['inspect memdump few -b memory:', 'samples has to be a whole number, got few'],
    ['inspect ping -t 5 -b memory:', '"--timeout" to be'],
    ['control pool_grow some -b memory:', 'n has to be a whole number, got some'],
    ['control rate_limit shop.add -b memory:', 'Give rate_limit, too.'],
    ['control time_limit shop.add soon -b memory:', '"soft" to be'],
    ['control terminate SIGTERM -b memory:', 'Give a signal and ids'],
    ['control revoke_by_stamped_headers x -b memory:', 'Write a stamp as header=value, not x'],
    ['control my_own -k [] -b memory:', '--kwargs has to be a JSON object'],
    ['events --limit 0 -b memory:', '--limit has to be a whole number of at least 1'],
    ['worker -A x -O unfair', '"--optimization" to be one of'],
    ['worker -A x -l loud', '"logLevel" to be one of "debug", "info"'],
    ['worker -A x --set worker.stalTimeout=1m', 'did you mean "stallTimeout"?'],
    ['worker -A x --set worker.stallTimeout=soon', '"--set worker.stallTimeout" to be'],
    ['worker -A x --set broker.url=x', 'names no setting of a worker'],
    ['worker -A x --set stallTimeout', 'sets nothing'],
    ['worker -A x --set beat.enabled=maybe', '"--set beat.enabled" to be "true" or "false"'],
  ])('refuses "%s" with a sentence, and ends with 2', async (line, words) => {
    expect(await run(line)).toBe(2);
    expect(output).toContain(words);
  });
});
