import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openClient, type ChaosClient } from './client.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { RunLogReader } from './run-log-reader.js';
import { StoreView } from '../tools/store-view.js';

export type RunPlace = Pick<FleetOptions, 'workerFile' | 'folder' | 'pool' | 'concurrency'>;

/** What every part of the chaos run has: a store of its own, a sender, workers, and eyes on both. */
export class RunRig {
  private constructor(
    /** Folder of the store. */
    readonly store: string,
    readonly client: ChaosClient,
    readonly view: StoreView,
    readonly log: RunLogReader,
    readonly fleet: Fleet,
  ) {}

  static async open(place: RunPlace): Promise<RunRig> {
    mkdirSync(place.folder, { recursive: true });
    const store = path.join(place.folder, 'store');
    const storeUrl = `embedded:${store}`;
    const client = await openClient(storeUrl);
    await client.tasks.connect(); // so that the store is there
    const log = new RunLogReader(path.join(place.folder, 'run.log'));
    const view = await StoreView.open(store);
    return new RunRig(store, client, view, log, new Fleet({ ...place, storeUrl }, log, view));
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.client.close();
    this.view.close();
    this.log.close();
  }
}

/** What a part of the run found. */
export interface PartReport {
  readonly part: 'storm' | 'poison' | 'long';
  readonly pool: string;
  readonly seconds: number;
  /** Figures that a caller may look at. */
  readonly counts: Readonly<Record<string, number>>;
  /** What was not as promised; none is success. */
  readonly problems: readonly string[];
  /** Tables. */
  readonly text: string;
}
