import type { Type } from '@nestjs/common';
import { Redis } from 'ioredis';
import { openProcessRig, type ProcessRig } from './process-rig.js';

/** Databases of the server that no other file of the run uses: one range for each of Vitest's workers. */
const first = 16 + (Number(process.env['VITEST_POOL_ID'] ?? 1) % 15) * 16;
let next = 0;

/** A rig on an empty database of a Redis server. */
export async function openRedisRig(server: string, providers: readonly Type[], leaseMs: number): Promise<ProcessRig> {
  const url = new URL(server);
  url.pathname = `/${first + (next++ % 16)}`;
  const client = new Redis(url.href);
  await client.flushdb();
  client.disconnect();
  return openProcessRig(providers, { url: url.href, leaseMs });
}
