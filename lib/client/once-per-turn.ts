/** A function that is called at the end of a turn of the event loop in which it was asked for, once. */
export function oncePerTurn(act: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    setImmediate(() => {
      isAsked = false;
      act();
    });
  };
}
