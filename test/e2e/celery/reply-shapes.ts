/** What a value is made of, at every depth: keys and the types of what they hold. A list is what its first member is. */
export type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };

export function shapeOf(value: unknown): Shape {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

/** Where one reply is made otherwise than another, each as `path: of one | of the other`; `-` where there is nothing. */
export function differencesOf(one: unknown, other: unknown): readonly string[] {
  return compare(shapeOf(one), shapeOf(other), '').toSorted();
}

function compare(one: Shape | undefined, other: Shape | undefined, path: string): readonly string[] {
  if (isMap(one) && isMap(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return keys.flatMap((key) => compare(one[key], other[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(one) && Array.isArray(other)) return compare(one[0] as Shape, other[0] as Shape, `${path}[]`);
  const [ours, theirs] = [nameOf(one), nameOf(other)];
  return ours === theirs ? [] : [`${path}: ${ours} | ${theirs}`];
}

function isMap(shape: Shape | undefined): shape is { readonly [key: string]: Shape } {
  return typeof shape === 'object' && !Array.isArray(shape);
}

function nameOf(shape: Shape | undefined): string {
  if (shape === undefined) return '-';
  if (typeof shape === 'string') return shape;
  return Array.isArray(shape) ? 'list' : 'map';
}
