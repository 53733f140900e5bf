import ts from 'typescript';

/** One mention of another module in a file. */
export interface ModuleReference {
  readonly specifier: string;
  readonly line: number;
  /** Erased when compiled. */
  readonly typeOnly: boolean;
  /** `import()` or `require()` at run time, as against a static import. */
  readonly lazy: boolean;
  /** What is imported by name. */
  readonly names: readonly string[];
}

/** Something in a file that a rule may forbid, and where. */
export interface Finding {
  readonly line: number;
  readonly text: string;
}

/** What the rules need to know of one source file. */
export interface SourceFacts {
  readonly path: string;
  readonly lines: number;
  readonly references: readonly ModuleReference[];
  readonly clockReads: readonly Finding[];
  readonly starExports: readonly Finding[];
  readonly defaultExports: readonly Finding[];
}

const timers = new Set(['setTimeout', 'setInterval']);
const clockMembers = new Map<string, readonly string[]>([
  ['Date', ['now']],
  ['performance', ['now', 'timeOrigin']],
  ['process', ['hrtime', 'uptime']],
  ['AbortSignal', ['timeout']],
  ['globalThis', ['setTimeout', 'setInterval', 'performance']],
]);

/** Reads one file without resolving or checking its types. */
export function readSource(path: string, text: string): SourceFacts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const references: ModuleReference[] = [];
  const clockReads: Finding[] = [];
  const starExports: Finding[] = [];
  const defaultExports: Finding[] = [];
  const finding = (node: ts.Node): Finding => ({ line: lineOf(source, node), text: node.getText(source).slice(0, 60) });

  const visit = (node: ts.Node): void => {
    const reference = referenceIn(source, node);
    if (reference !== undefined) references.push(reference);
    if (readsClock(node)) clockReads.push(finding(node));
    if (isStarExport(node)) starExports.push(finding(node));
    if (isDefaultExport(node)) defaultExports.push(finding(node));
    ts.forEachChild(node, visit);
  };
  visit(source);

  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, lines, references, clockReads, starExports, defaultExports };
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function referenceIn(source: ts.SourceFile, node: ts.Node): ModuleReference | undefined {
  const found = specifierOf(node);
  if (found === undefined || !ts.isStringLiteralLike(found.specifier)) return undefined;
  const { specifier, ...rest } = found;
  return { specifier: specifier.text, line: lineOf(source, node), ...rest };
}

type Found = Omit<ModuleReference, 'specifier' | 'line'> & { readonly specifier: ts.Expression };

function specifierOf(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) {
    const elements = importedElements(node.importClause);
    const typeOnly =
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes(node.importClause, elements);
    return { specifier: node.moduleSpecifier, typeOnly, lazy: false, names: elements.map(importedName) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const elements =
      node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? [...node.exportClause.elements] : [];
    return {
      specifier: node.moduleSpecifier,
      typeOnly: node.isTypeOnly,
      lazy: false,
      names: elements.map(importedName),
    };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: node.argument.literal as ts.Expression, typeOnly: true, lazy: false, names: [] };
  }
  const argument = ts.isCallExpression(node) && loadsModule(node.expression) ? node.arguments[0] : undefined;
  return argument && { specifier: argument, typeOnly: false, lazy: true, names: [] };
}

function importedElements(clause: ts.ImportClause | undefined): readonly ts.ImportSpecifier[] {
  return clause?.namedBindings !== undefined && ts.isNamedImports(clause.namedBindings)
    ? [...clause.namedBindings.elements]
    : [];
}

function allTypes(clause: ts.ImportClause | undefined, elements: readonly ts.ImportSpecifier[]): boolean {
  return clause?.name === undefined && elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

function importedName(element: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (element.propertyName ?? element.name).text;
}

function loadsModule(called: ts.Expression): boolean {
  return called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require');
}

function readsClock(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return clockMembers.get(node.expression.text)?.includes(node.name.text) ?? false;
  }
  if (ts.isNewExpression(node)) return isDate(node.expression) && (node.arguments?.length ?? 0) === 0;
  if (ts.isCallExpression(node)) return isDate(node.expression);
  return ts.isIdentifier(node) && timers.has(node.text) && isValue(node);
}

function isDate(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Date';
}

/** Whether an identifier stands for a value here, rather than naming a member, a declaration or a type. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  return (parent as { readonly name?: ts.Node }).name !== node;
}

function isStarExport(node: ts.Node): boolean {
  return ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause));
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)
  );
}
