/** Waits for all, so that nothing of a failed attempt is still under way when the next one begins. */
export async function inOrder<T>(sent: readonly Promise<T>[]): Promise<readonly T[]> {
  const replies = await Promise.allSettled(sent);
  return replies.map((reply) => {
    if (reply.status === 'rejected') throw reply.reason;
    return reply.value;
  });
}
