import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * What must and must not compile. A file of `cases/` holds any number of cases, each from a line `// case: title` to the next one.
 * A line that must not compile stands below a line `// @ts-expect-error TS1234: words of the message`; so the file as a whole
 * passes the ordinary type check, and here the marks are taken away and the errors compared with what they say.
 */
export interface CompileCase {
  readonly title: string;
  readonly file: string;
  /** First line and the line behind the last one, from 0. */
  readonly start: number;
  readonly end: number;
  readonly expected: readonly ExpectedError[];
}

export interface ExpectedError {
  readonly line: number;
  readonly code: number;
  readonly text: string;
}

export interface FoundError extends ExpectedError {
  readonly file: string;
}

const FOLDER = fileURLToPath(new URL('./cases/', import.meta.url));
const CONFIG = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
const MARK = /@ts-expect-error(?: TS(\d+)(?:: (.*))?)?/;

export function readCases(): readonly CompileCase[] {
  return caseFiles().flatMap((file) => {
    const lines = readFileSync(FOLDER + file, 'utf8').split('\n');
    const starts = lines.flatMap((line, index) => (line.trimStart().startsWith('// case: ') ? [index] : []));
    return starts.map((start, index): CompileCase => {
      const end = starts[index + 1] ?? lines.length;
      const expected = lines.slice(start, end).flatMap((line, offset) => toExpected(line, start + offset + 1));
      return { title: (lines[start] ?? '').replace(/.*\/\/ case: /, ''), file, start, end, expected };
    });
  });
}

function toExpected(line: string, below: number): readonly ExpectedError[] {
  const [mark, code, text = ''] = MARK.exec(line) ?? [];
  if (mark === undefined) return [];
  return [{ line: below, code: Number(code ?? NaN), text: text.trim() }];
}

/** Compiles all files in one program, under the options of the project, and returns every error of theirs. */
export function compileCases(): readonly FoundError[] {
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(CONFIG, ts.sys.readFile).config,
    ts.sys,
    fileURLToPath(new URL('../..', import.meta.url)),
  );
  const options: ts.CompilerOptions = { ...config.options, noEmit: true, allowJs: false, checkJs: false };
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const isCase = (path: string): boolean => path.startsWith(FOLDER);
  host.getSourceFile = (path, languageVersion) => {
    const text = readFile(path);
    if (text === undefined) return undefined;
    return ts.createSourceFile(
      path,
      isCase(path) ? text.replaceAll('@ts-expect-error', '#ts-expect-error') : text,
      languageVersion,
    );
  };
  const program = ts.createProgram({ rootNames: caseFiles().map((file) => FOLDER + file), options, host });
  return program
    .getSourceFiles()
    .filter(({ fileName }) => isCase(fileName))
    .flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)])
    .map(toFound);
}

function toFound({ file, start = 0, code, messageText }: ts.Diagnostic): FoundError {
  const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  return {
    file: (file?.fileName ?? '').slice(FOLDER.length),
    line,
    code,
    text: ts.flattenDiagnosticMessageText(messageText, ' '),
  };
}

function caseFiles(): readonly string[] {
  return readdirSync(FOLDER).filter((file) => file.endsWith('.cases.ts'));
}
