import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');
/** Where the blocks pretend to lie: beside the library's own files, so that `nest-task-queue` is found. */
const FOLDER = join(ROOT, 'test/types/readme');

/** A code block of a Markdown file that is TypeScript. */
export interface Block {
  /** Its name in the text (```ts file=app.module.ts), else one by its line. */
  readonly file: string;
  /** Line in the Markdown file, from 1. */
  readonly line: number;
  readonly code: string;
}

/** All blocks marked `ts` or `typescript`. */
export function readBlocks(markdown: string): Block[] {
  const lines = readFileSync(join(ROOT, markdown), 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(?:ts|typescript)(?:\s+file=(?<file>\S+))?\s*$/.exec(lines[at] ?? '');
    if (fence === null) continue;
    const end = lines.indexOf('```', at + 1);
    blocks.push({
      file: fence.groups?.['file'] ?? `line-${at + 2}.ts`,
      line: at + 2,
      code: lines.slice(at + 1, end).join('\n'),
    });
    at = end;
  }
  return blocks;
}

/** What the compiler says of the blocks, taken together as the files of one application, a line an error. */
export function compileBlocks(blocks: readonly Block[]): string[] {
  const files = new Map(blocks.map(({ file, code }) => [join(FOLDER, file), code]));
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.directoryExists = (path) => path === FOLDER || (directoryExists?.(path) ?? true);
  host.getSourceFile = (path, target, onError, isNew) => {
    const code = files.get(path);
    return code === undefined ? getSourceFile(path, target, onError, isNew) : ts.createSourceFile(path, code, target);
  };
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || dirname(file.fileName) === FOLDER)
    .map((error) => describe(error, blocks));
}

function describe({ file, start, messageText }: ts.Diagnostic, blocks: readonly Block[]): string {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (file === undefined || start === undefined) return text;
  const block = blocks.find((each) => join(FOLDER, each.file) === file.fileName);
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `line ${(block?.line ?? 0) + line}: ${text}`;
}
