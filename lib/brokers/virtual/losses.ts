/**
 * How often a message counts as lost after its owner died. Whose body is known to have started is charged. For the others
 * the loss is uncertain, and counts only as the first: a process that died is no evidence against each of the messages it held.
 */
export function lossesAfterDeath(message: { readonly started: boolean; readonly losses: number }): number {
  return message.started ? message.losses + 1 : Math.max(message.losses, 1);
}
