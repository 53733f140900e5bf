/** What this library calls itself in events, for monitors. */
export const SOFTWARE = { software: 'nest-task-queue', softwareVersion: '0.1.0' } as const;
