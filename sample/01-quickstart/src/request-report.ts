import { setTimeout as pause } from 'node:timers/promises';
import type { Report } from './report.js';
import type { ReportState } from './reports.service.js';

/** What any client of the HTTP API does: asks for a report, watches its state, and fetches the result. Says so on standard error. */
export async function requestReport(url: string, directory: string): Promise<Report> {
  const accepted = await fetch(`${url}/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ directory }),
  });
  const { id, state, result } = (await accepted.json()) as { id: string; state: string; result: string };
  console.error(`POST /reports answered ${accepted.status} with id ${id}`);

  for (let shown = ''; ;) {
    const now = (await (await fetch(url + state)).json()) as ReportState;
    const { done = 0, total = 0 } = now.progress ?? {};
    const line = `GET ${state}: ${now.state}, ${done} of ${total} tasks done`;
    if (line !== shown) console.error(line);
    shown = line;
    if (now.state === 'SUCCESS') return (await (await fetch(url + result)).json()) as Report;
    if (now.state === 'FAILURE') throw new Error(`The report failed: ${now.error ?? 'see the log of the worker'}`);
    await pause(250);
  }
}
