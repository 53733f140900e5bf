/** What a delivery tag says: one take of one message by one owner. */
export interface TagParts {
  readonly owner: string;
  readonly id: number;
  readonly take: number;
}

export function formatTag(owner: string, id: number, take: number): string {
  return `${owner}.${id}.${take}`;
}

/** `undefined` for what is no tag of these brokers. */
export function parseTag(tag: string): TagParts | undefined {
  const [owner = '', id, take, ...rest] = tag.split('.');
  const parts = { owner, id: Number(id), take: Number(take) };
  return owner !== '' && rest.length === 0 && parts.id > 0 && parts.take > 0 ? parts : undefined;
}
