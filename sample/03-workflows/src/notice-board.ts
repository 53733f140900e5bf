import { Injectable } from '@nestjs/common';

export interface Notice {
  readonly kind: 'ready' | 'set aside' | 'no report';
  readonly file: string;
  readonly text: string;
}

/** The third party answered with an error, or not at all. */
export class NoticeBoardError extends Error {
  override readonly name = 'NoticeBoardError';
}

/** Client of a third party's webhook; here a stub on this machine. */
@Injectable()
export class NoticeBoard {
  private readonly url = process.env['NOTICE_BOARD_URL'] ?? 'http://127.0.0.1:3001';

  async post(notice: Notice): Promise<void> {
    try {
      const response = await fetch(this.url, { method: 'POST', body: JSON.stringify(notice) });
      if (!response.ok) throw new NoticeBoardError(`The notice board answered ${response.status}`);
    } catch (error) {
      if (error instanceof NoticeBoardError) throw error;
      throw new NoticeBoardError('The notice board is unreachable', { cause: error });
    }
  }
}
