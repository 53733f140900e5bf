/**
 * Compiles with plain tsc, and only what changed:
 *   lib       lib/                                  -> dist/esm and dist/cjs
 *   programs  test/fixtures/apps, chaos, benchmark  -> .build/test
 *   sample    sample/                               -> .build/sample
 * Programs and samples import the library by its own name, so `lib` is always built before them.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { embedLua } from './embed-lua.mjs';
import { ensureInstalled } from './install.mjs';
import { whileLocked } from './lock.mjs';
import { projectRoot } from './paths.mjs';
import { filesBelow } from './tree.mjs';

/**
 * @typedef {object} Output one run of tsc
 * @property {string} config
 * @property {string} outDir where the file tree of `from` appears
 * @property {string} from the folder that `outDir` mirrors
 * @property {string} buildInfo what makes tsc incremental; removed when outputs are missing
 *
 * @typedef {object} Target
 * @property {string[]} folders whose TypeScript files are compiled
 * @property {string[]} inputs further folders and files that the result depends on
 * @property {Output[]} outputs
 * @property {string} stamp holds the hash of what was last built without error
 */

/** @type {Record<'lib' | 'programs' | 'sample', Target>} */
const targets = {
  lib: {
    folders: ['lib'],
    inputs: ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.cjs.json', 'package-lock.json'],
    outputs: [
      { config: 'tsconfig.build.json', outDir: 'dist/esm', from: 'lib', buildInfo: 'dist/esm/.tsbuildinfo' },
      { config: 'tsconfig.cjs.json', outDir: 'dist/cjs', from: 'lib', buildInfo: 'dist/cjs/.tsbuildinfo' },
    ],
    stamp: 'dist/.build.stamp',
  },
  programs: {
    folders: ['test/fixtures/apps', 'test/chaos', 'test/benchmark'],
    inputs: ['test', 'tsconfig.json', 'package.json', 'dist/.build.stamp'],
    outputs: [
      {
        config: 'test/tsconfig.programs.json',
        outDir: '.build/test',
        from: 'test',
        buildInfo: '.build/programs.tsbuildinfo',
      },
    ],
    stamp: '.build/programs.stamp',
  },
  sample: {
    folders: ['sample'],
    inputs: ['sample/tsconfig.json', 'tsconfig.json', 'package.json', 'dist/.build.stamp'],
    outputs: [
      {
        config: 'sample/tsconfig.json',
        outDir: '.build/sample',
        from: 'sample',
        buildInfo: '.build/sample.tsbuildinfo',
      },
    ],
    stamp: '.build/sample.stamp',
  },
};

/** @typedef {keyof typeof targets} TargetName */

/**
 * Builds the named targets, the library first. Compiler errors go to standard error.
 * @param {readonly TargetName[]} names
 * @returns {Promise<boolean>} whether all of it compiled without an error
 */
export async function build(...names) {
  const ordered = /** @type {TargetName[]} */ (['lib', ...names.filter((name) => name !== 'lib')]);
  return whileLocked(path.join(projectRoot, '.build/lock'), async () => {
    embedLua();
    for (const name of ordered) {
      if (!(await buildTarget(name, targets[name]))) return false;
    }
    return true;
  });
}

/**
 * @param {TargetName} name
 * @param {Target} target
 */
async function buildTarget(name, target) {
  const sources = target.folders.flatMap((folder) => filesBelow(projectRoot, folder)).filter(isSource);
  if (sources.length === 0) return true;
  const hash = hashOf(sources, target.inputs);
  const complete = target.outputs.map((output) => hasAll(output, sources));
  if (complete.every(Boolean) && readIfThere(target.stamp) === hash) return true;

  process.stderr.write(`Building ${name} …\n`);
  target.outputs.forEach((output, index) => {
    if (!complete[index]) rmSync(inRoot(output.buildInfo), { force: true });
  });
  rmSync(inRoot(target.stamp), { force: true });
  const results = await Promise.all(target.outputs.map((output) => compile(output.config)));
  for (const output of target.outputs) removeOrphans(output, sources);
  if (name === 'lib') writeCommonJsMarker();
  if (name === 'programs') refuseSecondCopy();

  const failed = results.find((result) => result.code !== 0);
  if (failed !== undefined) {
    process.stderr.write(`${failed.text}Building ${name} failed.\n`);
    return false;
  }
  writeFileSync(inRoot(target.stamp), hash);
  return true;
}

/** @param {string} file */
function isSource(file) {
  return /\.ts$/.test(file) && !/(\.d|\.spec)\.ts$/.test(file);
}

/**
 * @param {string[]} sources
 * @param {string[]} inputs
 */
function hashOf(sources, inputs) {
  const hash = createHash('sha256');
  const others = inputs.flatMap((input) => (path.extname(input) ? [input] : filesBelow(projectRoot, input)));
  for (const file of new Set([...sources, ...others])) {
    if (!/\.(ts|mjs|json|stamp)$/.test(file) || /\.spec\.ts$|^test\/fixtures\/.*\.json$/.test(file)) continue;
    hash.update(`\0${file}\0`).update(readIfThere(file) ?? '');
  }
  return hash.digest('hex');
}

/** @param {string} config @returns {Promise<{ code: number | null, text: string }>} */
function compile(config) {
  const tsc = inRoot('node_modules/typescript/bin/tsc');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  const child = spawn(process.execPath, [tsc, '-p', config, ...pretty], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

/** @param {Output} output @param {string[]} sources */
function hasAll(output, sources) {
  return (
    existsSync(inRoot(output.buildInfo)) && sources.every((source) => existsSync(inRoot(compiledTo(output, source))))
  );
}

/** @param {Output} output @param {string} source */
function compiledTo(output, source) {
  return `${output.outDir}${source.slice(output.from.length)}`.replace(/\.ts$/, '.js');
}

/** Removes outputs whose source is gone: tsc leaves them, and they would be packed or run. @param {Output} output @param {string[]} sources */
function removeOrphans(output, sources) {
  if (output.from === 'test') return; // also holds what programs import from elsewhere in test/
  const expected = new Set(sources.map((source) => compiledTo(output, source).replace(/\.js$/, '')));
  for (const file of filesBelow(projectRoot, output.outDir)) {
    const stem = file.replace(/(\.d\.ts|\.js\.map|\.js)$/, '');
    if (stem !== file && !expected.has(stem)) rmSync(inRoot(file));
  }
}

/** Without it Node would read dist/cjs as ES modules, as the package says "type": "module". */
function writeCommonJsMarker() {
  mkdirSync(inRoot('dist/cjs'), { recursive: true });
  writeFileSync(inRoot('dist/cjs/package.json'), '{ "type": "commonjs" }\n');
}

/** A program that reaches into lib/ would run a second copy of the library beside the one it imports by name. */
function refuseSecondCopy() {
  if (!existsSync(inRoot('.build/lib'))) return;
  rmSync(inRoot('.build/lib'), { recursive: true });
  rmSync(inRoot('.build/programs.tsbuildinfo'), { force: true });
  throw new Error(
    'A program in test/fixtures/apps, test/chaos or test/benchmark imports from lib/. Import "nest-task-queue" instead.',
  );
}

/** @param {string} file */
function readIfThere(file) {
  return existsSync(inRoot(file)) ? readFileSync(inRoot(file), 'utf8') : undefined;
}

/** @param {string} file */
function inRoot(file) {
  return path.join(projectRoot, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled();
  const names = /** @type {TargetName[]} */ (process.argv.slice(2));
  const unknown = names.find((name) => !(name in targets));
  if (unknown !== undefined) {
    throw new Error(`Expected a target of ${Object.keys(targets).join(', ')}, got "${unknown}".`);
  }
  process.exitCode = (await build(...names)) ? 0 : 1;
}
