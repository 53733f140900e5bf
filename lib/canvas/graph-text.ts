/** Something to be drawn as a box with some lines of text in it. */
export interface DrawnNode {
  readonly id: string;
  readonly lines: readonly string[];
  /** Drawn as an ellipse instead. */
  readonly isRound?: boolean;
  /** Name of one of the styles. */
  readonly style?: string | undefined;
}

/** An arrow from one node to another. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly isDashed?: boolean;
  readonly label?: string | undefined;
}

/** What is drawn, and the colours of its styles by their names. */
export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly styles?: ReadonlyMap<string, string>;
}

const NO_STYLES: ReadonlyMap<string, string> = new Map();

/** For Graphviz. */
export function toDot({ nodes, edges, styles = NO_STYLES }: Drawing): string {
  const boxes = nodes.map(({ id, lines, isRound = false, style = '' }) => {
    const shape = isRound ? ', shape=ellipse' : '';
    return `  ${dotText(id)} [label=${dotText(lines.join('\n'))}, fillcolor="${styles.get(style) ?? '#ffffff'}"${shape}];`;
  });
  const arrows = edges.map(({ from, to, isDashed = false, label }) => {
    const attributes = [
      ...(isDashed ? ['style=dashed'] : []),
      ...(label === undefined ? [] : [`label=${dotText(label)}`]),
    ];
    return `  ${dotText(from)} -> ${dotText(to)}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`;
  });
  return ['digraph workflow {', '  node [shape=box, style=filled];', ...boxes, ...arrows, '}', ''].join('\n');
}

/** For Mermaid, which GitHub and many wikis draw. */
export function toMermaid({ nodes, edges, styles = NO_STYLES }: Drawing): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const boxes = nodes.map(({ id, lines, isRound = false, style = '' }) => {
    const [open, close] = isRound ? ['([', '])'] : ['[', ']'];
    return `  ${names.get(id)}${open}"${mermaidText(lines)}"${close}${styles.has(style) ? `:::${style}` : ''}`;
  });
  const arrows = edges.map(({ from, to, isDashed = false, label }) => {
    const text = label === undefined ? '' : `|"${mermaidText([label])}"|`;
    return `  ${names.get(from)} ${isDashed ? '-.->' : '-->'}${text} ${names.get(to)}`;
  });
  const classes = [...styles].map(([style, colour]) => `  classDef ${style} fill:${colour}`);
  return ['flowchart TD', ...boxes, ...arrows, ...classes, ''].join('\n');
}

/** A quoted text of Graphviz, in which only quotes, backslashes and line ends mean something. */
function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function mermaidText(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/[#"<>&\n]/g, (found) => `#${found.charCodeAt(0)};`)).join('<br/>');
}
