import { describe, expect, it } from 'vitest';
import { chord, Signature, signature } from '../../../lib/canvas/index.js';
import { InvalidTaskMessage } from '../../../lib/errors/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';

const task = (name: string, more: Partial<SignatureMap> = {}): SignatureMap => ({ task: name, ...more });
const arranged = (type: 'chain' | 'group', tasks: unknown): SignatureMap =>
  task(`celery.${type}`, { subtask_type: type, kwargs: { tasks } });

function nested(levels: number): SignatureMap {
  return Array.from({ length: levels }).reduce<SignatureMap>((inner) => arranged('group', [inner]), task('t'));
}

function holdingItself(): SignatureMap {
  const members: unknown[] = [task('t')];
  const map = arranged('group', members);
  members.push(arranged('chain', [task('t'), map]));
  return map;
}

describe('Signature.fromMap', () => {
  it.each<[string, SignatureMap, string, string]>([
    [
      'an unknown kind',
      arranged('chain', [task('t', { options: { link: [task('u'), { task: 'v', subtask_type: 'graph' }] } } as never)]),
      'signature.kwargs.tasks[0].options.link[1].subtask_type',
      'to be "chain", "group", "chord" or null, got "graph" (string)',
    ],
    ['a member that is none', arranged('group', [task('t'), 5]), 'signature.kwargs.tasks[1]', 'a signature, a map'],
    [
      'a chord without a body',
      task('celery.chord', { subtask_type: 'chord', kwargs: { header: [task('t')] } }),
      'signature.kwargs.body',
      'a signature, a map with a "task", got undefined',
    ],
    [
      'a mapping of none',
      task('celery.map', { kwargs: { task: { args: [] }, it: [] } }),
      'signature.kwargs.task',
      'a signature, a map',
    ],
    ['200 levels', nested(200), `signature${'.kwargs.tasks[0]'.repeat(64)}`, 'to be nested at most 64 signatures deep'],
    [
      'one that holds itself',
      holdingItself(),
      'signature.kwargs.tasks[1].kwargs.tasks[1]',
      'to be a signature that does not hold itself',
    ],
  ])('refuses %s, with its place', (_what, map, place, message) => {
    const read = (): unknown => Signature.fromMap(map);

    expect(read).toThrow(InvalidTaskMessage);
    expect(read).toThrow(`Expected field "${place}" of a task message`);
    expect(read).toThrow(message);
  });

  it('reads 64 levels', () => {
    expect(Signature.fromMap(nested(63)).toMap().task).toBe('celery.group');
  });

  it('reads what no builder makes: an empty chain, an empty header, a header that is a group', () => {
    const body = signature('t').toMap();
    const empty = Signature.fromMap(arranged('chain', []));
    const chordMap = (header: unknown): SignatureMap =>
      task('celery.chord', { subtask_type: 'chord', kwargs: { kwargs: {}, header, body } });
    const header = { ...arranged('group', [body]), args: [], options: { task_id: 'id' }, immutable: false };

    expect([empty.kind, empty.yieldsGroup]).toEqual(['chain', false]);
    expect(Signature.fromMap(chordMap([])).toMap().kwargs).toEqual({ kwargs: {}, header: [], body });
    expect(Signature.fromMap(chordMap(header)).toMap().kwargs).toEqual({ kwargs: {}, header, body });
  });

  it('reads a header of one that stands alone, and kinds that their tasks tell', () => {
    const read = Signature.fromMap(
      task('celery.chord', { subtask_type: 'chord', kwargs: { header: task('t'), body: task('u') } }),
    );

    expect(read.kwargs['header']).toHaveLength(1);
    expect(Signature.fromMap(task('t', { subtask_type: 'xmap' as never })).kind).toBe('task');
  });

  it('keeps what is not known, at every level', () => {
    const map = chord([signature('t')], signature('u')).toMap();
    const more = {
      ...map,
      chord_size: 1,
      kwargs: { ...map.kwargs, interval: 1, body: { ...signature('u').toMap(), chord_size: 1, options: { x: 1 } } },
    };

    expect(Signature.fromMap(more).toMap()).toEqual(more);
  });
});
