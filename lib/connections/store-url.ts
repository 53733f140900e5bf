/** The part of a URL before its first colon, in lower case; `''` where there is none. */
export function schemeOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
}

/** A URL for logs and messages: what stands for a password becomes `***`. */
export function maskUrl(url: string): string {
  return url
    .replace(
      /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i,
      (_, scheme: string, user: string) => `${scheme}${user.replace(/:.*$/s, ':***')}@`,
    )
    .replace(/([?&](?:password|passwd|secret|token|api_?key)=)[^&#]*/gi, '$1***');
}
