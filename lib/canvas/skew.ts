import { InvalidOptionError } from '../errors/index.js';
import { checkDuration, checkGroup, refuseUnknownKeys } from '../options/index.js';
import type { Duration } from '../time/index.js';
import { asGroup } from './signature-composition.js';
import { changed, type SignatureState } from './signature-state.js';

/** How far apart the members of a group start. Durations are milliseconds, or a text with a unit such as `'30s'`. */
export interface SkewOptions {
  /** Countdown of the first member. @defaultValue '1s' */
  readonly start?: Duration;
  /** No countdown is longer: further members have the last one that is not. @defaultValue none */
  readonly stop?: Duration;
  /** What each starts later than the one before. @defaultValue '1s' */
  readonly step?: Duration;
}

/**
 * Has the members of the group in which a signature ends start one after the other.
 * @throws {InvalidOptionError | UnknownOptionError}
 * @source celery/canvas.py `group.skew`
 */
export function skewed(state: SignatureState, options: SkewOptions): SignatureState {
  checkGroup(options, 'skew');
  refuseUnknownKeys(options, ['start', 'stop', 'step'], 'skew');
  const startMs = checkDuration(options.start, 'skew.start') ?? 1_000;
  const stopMs = checkDuration(options.stop, 'skew.stop') ?? Infinity;
  const stepMs = checkDuration(options.step, 'skew.step') ?? 1_000;
  if (stopMs < startMs) throw new InvalidOptionError('skew.stop', `at least "start" (${startMs} ms)`, options.stop);
  let nextMs = startMs;
  return skewedBy(state, () => {
    const ms = nextMs;
    if (ms + stepMs <= stopMs) nextMs = ms + stepMs;
    return ms / 1_000;
  });
}

/** Members of a group in a group count in their order, as they are sent. */
function skewedBy(state: SignatureState, next: () => number): SignatureState {
  const group = asGroup(state);
  const { form } = group;
  switch (form.kind) {
    case 'group':
      return changed(group, {
        form: {
          ...form,
          members: form.members.map((each) =>
            asGroup(each).form.kind === 'group' ? skewedBy(each, next) : withCountdown(each, next()),
          ),
        },
      });
    case 'chord':
      return changed(group, { form: { ...form, body: skewedBy(form.body, next) } });
    case 'chain':
      return changed(group, {
        form: {
          ...form,
          steps: form.steps.map((each, index) => (index === form.steps.length - 1 ? skewedBy(each, next) : each)),
        },
      });
    case 'task':
    case 'map':
    case 'starmap':
    case 'chunks':
      return group;
  }
}

function withCountdown(state: SignatureState, countdown: number): SignatureState {
  const { eta: _eta, ...others } = state.options;
  return changed(state, { options: { ...others, countdown } });
}
