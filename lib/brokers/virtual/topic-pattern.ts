/**
 * Whether a routing key fits the binding key of a topic exchange: `*` is one word, `#` any number of them, none included.
 * @source AMQP 0-9-1, 3.1.3.3
 */
export function fitsTopic(pattern: string, routingKey: string): boolean {
  if (pattern === '#' || pattern === routingKey) return true;
  if (!pattern.includes('#') && !pattern.includes('*')) return false;
  const words = wordsOf(routingKey);
  let ends: readonly boolean[] = [true, ...words.map(() => false)]; // by how many words the pattern so far may fit
  for (const piece of wordsOf(pattern)) {
    const first = ends.indexOf(true);
    ends = ends.map((_, count) => {
      if (piece === '#') return first >= 0 && count >= first;
      return ends[count - 1] === true && (piece === '*' || piece === words[count - 1]);
    });
  }
  return ends.at(-1) === true;
}

function wordsOf(key: string): readonly string[] {
  return key === '' ? [] : key.split('.');
}
