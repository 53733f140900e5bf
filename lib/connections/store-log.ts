/** Where a connection tells of outages and of what it finds wrong with a server. */
export interface StoreLog {
  info(text: string): void;
  warn(text: string): void;
}

export const silentStoreLog: StoreLog = { info: () => undefined, warn: () => undefined };
