import type { SignatureMap } from '../../../lib/protocol/index.js';

/**
 * A signature's map in short, tasks by the last part of their names: `chain(a(1, k=2), chord([b, c], d))`; `+x` is a link, `!x` a link for errors,
 * `#` says that it is immutable.
 */
export function shapeOf(value: unknown): string {
  const { task, args = [], kwargs = {}, options = {}, subtask_type: type, immutable = false } = value as SignatureMap;
  const list = (given: unknown): string => (given as readonly unknown[]).map(shapeOf).join(', ');
  const links = ((options['link'] ?? []) as readonly unknown[]).map((each) => `+${shapeOf(each)}`);
  const errorLinks = ((options['link_error'] ?? []) as readonly unknown[]).map((each) => `!${shapeOf(each)}`);
  const { tasks, header, body } = kwargs;
  const form = {
    chain: () => `chain(${list(tasks)})`,
    group: () => `group(${list(tasks)})`,
    chord: () => `chord(${Array.isArray(header) ? `[${list(header)}]` : shapeOf(header)}, ${shapeOf(body)})`,
  };
  const given = [...args.map((each) => JSON.stringify(each)), ...named(kwargs)].join(', ');
  const name = `${task.split('.').at(-1)}${given === '' ? '' : `(${given})`}`;
  const text = type === null || type === undefined ? name : form[type]();
  return [text, ...links, ...errorLinks, immutable ? '#' : ''].join('');
}

function named(kwargs: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(kwargs).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
}
