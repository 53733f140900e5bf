import { composeSteps, resultIdOf } from '../client/index.js';
import type { SignatureMap } from '../protocol/index.js';

/** Where a part stands in a chord. */
export interface ChordPlace {
  readonly chord: SignatureMap;
  readonly groupId: string;
  readonly groupIndex: number | undefined;
}

/** The place of the last step of a chain, reversed as on the wire, and the id of the task that would have filled it; `undefined` where it is in no chord. */
export function placeOfLast(
  chain: readonly SignatureMap[],
): { readonly place: ChordPlace; readonly taskId: string } | undefined {
  const [last] = chain;
  const place = last && placeIn(last);
  return place && { place, taskId: resultIdOf(composeSteps([last])) };
}

/** A chain stands where its last step does, a chord where its body does. */
function placeIn(map: SignatureMap): ChordPlace | undefined {
  switch (map.subtask_type ?? null) {
    case 'chain': {
      const last = (map.kwargs?.['tasks'] as readonly SignatureMap[] | undefined)?.at(-1);
      return last && placeIn(last);
    }
    case 'chord': {
      const body = map.kwargs?.['body'] as SignatureMap | undefined;
      return body && placeIn(body);
    }
    default: {
      const { chord, group_id: groupId, group_index: groupIndex } = map.options ?? {};
      if (typeof chord !== 'object' || chord === null || typeof groupId !== 'string') return undefined;
      return {
        chord: chord as SignatureMap,
        groupId,
        groupIndex: typeof groupIndex === 'number' ? groupIndex : undefined,
      };
    }
  }
}
