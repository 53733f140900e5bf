import { describe, expect, it } from 'vitest';
import { chain, group, signature, type Signature } from '../../../../lib/canvas/index.js';
import { composeWorkflow } from '../../../../lib/client/workflow/compose-workflow.js';
import { expandWorkflow, type Expansion } from '../../../../lib/client/workflow/expand-workflow.js';
import { InvalidSignatureError } from '../../../../lib/errors/index.js';

/** Groups in a row, as Celery writes them: each member of one carries all that follows it. */
function groupsInARow(count: number, width: number, first?: Signature): Expansion {
  const member = signature('t.member');
  const groups = Array.from({ length: count }, () => group(Array.from({ length: width }, () => member)));
  const steps = first === undefined ? groups : [first, ...groups];
  const made = (chain as unknown as (...given: readonly unknown[]) => Signature)(...steps);
  return expandWorkflow(composeWorkflow(made.toMap()), {}, { nowMs: 0, replyTo: 'r' });
}

describe('a workflow whose text would be without end', () => {
  it.each([
    ['that begins with a group', undefined],
    ['that begins with a task', signature('t.first')],
  ])('is refused before it is written: one %s', (_what, first) => {
    expect(groupsInARow(4, 6, first).requests.length).toBeGreaterThan(0);
    expect(() => groupsInARow(12, 6, first)).toThrow(InvalidSignatureError);
    expect(() => groupsInARow(12, 6, first)).toThrow('graph() is for many groups in a row');
  });

  it('may be as wide as one likes', () => {
    expect(groupsInARow(2, 5_000).requests).toHaveLength(5_000);
  });
});
