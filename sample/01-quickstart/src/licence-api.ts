import { Injectable, Logger } from '@nestjs/common';
import { basename } from 'node:path';

export interface Licence {
  readonly path: string;
  /** `null` where nobody could say. */
  readonly licence: string | null;
}

/** The third party answered with an error, or not at all. */
export class LicenceApiError extends Error {
  override readonly name = 'LicenceApiError';
}

/** Client of a third party's HTTP API; here a stub on this machine that fails and stalls on purpose. */
@Injectable()
export class LicenceApi {
  private readonly logger = new Logger(LicenceApi.name);
  private readonly url = process.env['LICENCE_API_URL'] ?? 'http://127.0.0.1:3001';

  async find(path: string, signal: AbortSignal): Promise<Licence> {
    const { licence } = await this.get<{ licence: string }>(
      `/licence?file=${encodeURIComponent(basename(path))}`,
      signal,
    );
    return { path, licence };
  }

  async logHealth(): Promise<void> {
    const { answered, failed, stalled } = await this.get<Record<'answered' | 'failed' | 'stalled', number>>(
      '/health',
      AbortSignal.timeout(1_000),
    );
    this.logger.log(`licence API: ${answered} answered, ${failed} failed, ${stalled} stalled`);
  }

  private async get<T>(path: string, signal: AbortSignal): Promise<T> {
    try {
      const response = await fetch(this.url + path, { signal });
      if (!response.ok) throw new LicenceApiError(`The licence API answered ${response.status}`);
      return (await response.json()) as T;
    } catch (error) {
      if (error instanceof LicenceApiError) throw error;
      throw new LicenceApiError(signal.aborted ? 'The licence API stalled' : 'The licence API is unreachable', {
        cause: error,
      });
    }
  }
}
