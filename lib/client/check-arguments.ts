import { bindArguments, type ArgumentSender, type TaskDefinition } from '../tasks/index.js';
import type { SendRequest } from './send-request.js';

/** Holds the arguments against the method's parameters, then against its schema and pipes; `undefined` where there are none. */
export function checkArguments(
  definition: TaskDefinition,
  { args, kwargs }: SendRequest,
  sender: ArgumentSender,
): Promise<void> | undefined {
  const bound = bindArguments(definition, args, kwargs, sender);
  if (definition.validate === undefined) return undefined;
  const sent = bound.filter((_, index) => {
    const { kind } = definition.parameters[index] ?? { kind: 'rest' }; // arguments of a rest parameter stand behind the others
    return kind === 'sent' || kind === 'rest';
  });
  return definition.validate(sent);
}
