import { Command } from 'commander';
import { resolveRunOptions } from '../../bootstrap/index.js';
import { namingTexts } from '../../options/index.js';
import { addApplicationFlag, applicationOf } from '../application/application-flag.js';
import { findApplicationFile } from '../application/application-file.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { asUsage } from '../report-error.js';
import { addWorkerFlags, readWorkerFlags, type FlagValues } from '../worker/worker-flags.js';
import { readNodeWords } from './node-words.js';
import { signalProcess, startNode, untilGone } from './node-process.js';
import { NODE_FLAGS, nodesOf, type WorkerNode } from './nodes.js';

interface Call {
  readonly nodes: readonly WorkerNode[];
  readonly signal: NodeJS.Signals;
  readonly binFile: string;
}

type Action = (call: Call) => Promise<number> | number;

const ACTIONS: Readonly<Record<string, readonly [says: string, action: Action]>> = {
  start: ['start workers, and wait until they take messages', start],
  stop: ['tell workers to finish what they run and end; -QUIT or another signal instead', stop],
  stopwait: ['stop, and wait until they have ended', stopWait],
  restart: ['stopwait, then start', restart],
  kill: ['end workers at once; what they run goes back to its queue', kill],
  show: ['print the commands that start would run', show],
  names: ['print node names', names],
};

/** `task-queue multi`: several named workers on one machine, as `celery multi`. */
export function multiCommand({ binFile, exit }: CommandContext): Command {
  const multi = new Command('multi').description('start and stop several named workers on this machine');
  for (const [name, [says, action]] of Object.entries(ACTIONS)) {
    multi
      .command(name)
      .description(says)
      .usage('<names… | number> [flags of task-queue worker]')
      .argument('[words...]', 'names of workers, or how many; flags with :name are for that worker')
      .allowUnknownOption()
      .addHelpText('after', HELP)
      .action(async (words: readonly string[]) => {
        const { names: named, flags, signal = 'SIGTERM' } = readNodeWords(words, knownFlags().options);
        const nodes = nodesOf({ names: named, flags, signal });
        if (name === 'start' || name === 'restart') for (const node of nodes) checkNode(node);
        exit.code = await action({ nodes, signal, binFile });
      });
  }
  return multi;
}

const HELP = `
Flags of all workers and of single ones:
  task-queue multi start w1 w2 -A dist/app.module.js -Q:w1 default -c:w1 2 -Q:w2 important --pidfile=run/%n.pid --logfile=log/%n.log
  task-queue multi restart w1 w2 -A dist/app.module.js -Q:w1 default -c:w1 2 -Q:w2 important --pidfile=run/%n.pid --logfile=log/%n.log
  task-queue multi stopwait w1 w2 --pidfile=run/%n.pid
  task-queue multi start 3 -A dist/app.module.js -c:1-2 4
In values %n is the worker's name, %h its node name, %d its host. stop, restart and kill find a worker by its pid file.
Own flags:
${NODE_FLAGS.map(([flags, says]) => `  ${flags.padEnd(24)}${says}`).join('\n')}`;

function knownFlags(): Command {
  const known = addWorkerFlags(addApplicationFlag(new Command('worker')));
  const own = known.options.flatMap(({ long }) => long ?? []);
  for (const [flags, says] of NODE_FLAGS) {
    if (!own.some((long) => flags.includes(`${long} `))) known.option(flags, says);
  }
  return known;
}

/** Refused here, once and in words, not in a log. */
function checkNode({ args }: WorkerNode): void {
  const command = addWorkerFlags(addApplicationFlag(new Command('worker'))).exitOverride();
  command.parse(args.slice(1), { from: 'user' });
  const values = command.opts<FlagValues>();
  const { options, texts } = asUsage(() => readWorkerFlags(values));
  asUsage(() => namingTexts(texts, () => resolveRunOptions(options, process.env)));
  findApplicationFile(applicationOf(values));
}

async function start({ nodes, binFile }: Call): Promise<number> {
  const isUp = await Promise.all(nodes.map((node) => startOne(node, binFile)));
  return isUp.every(Boolean) ? EXIT.ok : EXIT.failure;
}

async function startOne(node: WorkerNode, binFile: string): Promise<boolean> {
  const { name, pidFile, logFile } = node;
  const running = pidFile.read();
  if (running !== undefined) {
    say(`${name}: runs already, as process ${running} (${pidFile.path})`);
    return false;
  }
  const outcome = await startNode(node, binFile);
  if (outcome.as === 'ready') say(`${name}: started, process ${outcome.pid}`);
  else if (outcome.as === 'slow') say(`${name}: process ${outcome.pid} is not ready yet; ${logFile} says why`);
  else say(`${name}: FAILED, it ${outcome.end}; see ${logFile}${outcome.said === '' ? '' : `\n${outcome.said}`}`);
  return outcome.as === 'ready';
}

function stop({ nodes, signal }: Call): number {
  signalAll(nodes, signal);
  return EXIT.ok;
}

async function stopWait({ nodes, signal }: Call): Promise<number> {
  const stopped = signalAll(nodes, signal);
  await untilGone([...stopped.values()]);
  for (const { name } of stopped.keys()) say(`${name}: ended`);
  return EXIT.ok;
}

async function restart(call: Call): Promise<number> {
  await stopWait(call);
  return start(call);
}

async function kill({ nodes }: Call): Promise<number> {
  const killed = signalAll(nodes, 'SIGKILL');
  await untilGone([...killed.values()]);
  for (const { pidFile } of killed.keys()) pidFile.remove();
  return EXIT.ok;
}

/** Returns those that were there, with their processes. */
function signalAll(nodes: readonly WorkerNode[], signal: NodeJS.Signals): ReadonlyMap<WorkerNode, number> {
  const told = new Map<WorkerNode, number>();
  for (const node of nodes) {
    const { name, pidFile } = node;
    const isStale = pidFile.isStale;
    const pid = pidFile.read();
    if (pid !== undefined && signalProcess(pid, signal)) {
      told.set(node, pid);
      say(`${name}: ${signal} sent to process ${pid}`);
    } else if (isStale) {
      pidFile.remove();
      say(`${name}: does not run; its pid file ${pidFile.path} was stale and is removed`);
    } else say(`${name}: does not run; there is no pid file ${pidFile.path}`);
  }
  return told;
}

function show({ nodes }: Call): number {
  for (const { args, logFile } of nodes) say(`task-queue ${args.map(quoted).join(' ')} >> ${quoted(logFile)} 2>&1`);
  return EXIT.ok;
}

function names({ nodes }: Call): number {
  for (const { name } of nodes) say(name);
  return EXIT.ok;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
