import { describe, expect, it } from 'vitest';

import { BodyControl } from '../../../lib/pools/body-control.js';
import { Cancellation, describeCancel } from '../../../lib/pools/cancellation.js';

describe('Cancellation', () => {
  it('tells whoever has the job once, with the first reason', () => {
    const told: unknown[] = [];
    const cancellation = new Cancellation();
    cancellation.onRequest((reason) => told.push(reason));

    cancellation.request('revoked');
    cancellation.request('shutdown');

    expect(told).toEqual(['revoked']);
    expect([cancellation.isRequested, cancellation.reason]).toEqual([true, 'revoked']);
  });

  it('tells once more, with the same reason, when it is to end what runs', () => {
    const told: unknown[] = [];
    const cancellation = new Cancellation();
    cancellation.onRequest((reason, termination) => told.push([reason, termination]));

    cancellation.request('revoked');
    cancellation.terminate('SIGTERM', 'terminated');
    cancellation.terminate('SIGKILL');
    cancellation.request('shutdown');

    expect(told).toEqual([
      ['revoked', undefined],
      ['revoked', 'SIGTERM'],
    ]);
    expect([cancellation.isRequested, cancellation.termination]).toEqual([true, 'SIGTERM']);
  });

  it('has the reason of an aborted signal where none is given', () => {
    const cancellation = new Cancellation();

    cancellation.request();

    expect(cancellation.reason).toMatchObject({ name: 'AbortError' });
    expect(describeCancel(cancellation.reason)).toBe('cancelled before it started: This operation was aborted');
  });
});

describe('BodyControl', () => {
  it('aborts the signal that a body has read', () => {
    const control = new BodyControl();
    const { signal } = control;

    control.abort('enough');
    control.abort('again');

    expect([signal.aborted, signal.reason, control.signal === signal]).toEqual([true, 'enough', true]);
  });

  it('hands an aborted signal to a body that reads it too late', () => {
    const control = new BodyControl();

    control.abort('enough');

    expect(control.signal).toMatchObject({ aborted: true, reason: 'enough' });
  });
});
