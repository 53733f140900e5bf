import type { ChainOf, StepsOf } from './composition-types.js';
import { chainOf } from './signature-composition.js';
import { signatureOf, type AnySignature } from './signature.js';
import { stateOf } from './signature-view.js';

/**
 * Steps that follow one another, each called with the result of the one before, unless it is immutable (`si`). A group in it is followed when all of
 * its members are done, with the list of their results; chains in it are spliced.
 * @throws {InvalidSignatureError} naming the step that cannot be one
 * @source celery/canvas.py `chain`
 */
export function chain<const Steps extends readonly AnySignature[]>(...steps: StepsOf<Steps>): ChainOf<Steps> {
  const states = (steps as readonly unknown[]).map((each, index) => stateOf(each, `steps[${index}]`));
  return signatureOf(chainOf(states)) as unknown as ChainOf<Steps>;
}
