/** What JSON writes as it is: printable ASCII but the quote and the backslash. */
const VERBATIM = /^[ !#-[\]-~]*$/;

/** JSON text of a string. */
export function quoteJson(text: string): string {
  return VERBATIM.test(text) ? `"${text}"` : JSON.stringify(text);
}
