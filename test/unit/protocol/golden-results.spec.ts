import { describe, expect, it } from 'vitest';
import { editMembers, readMembers } from '../../../lib/json/index.js';
import {
  exceptionMap,
  formatTaskMeta,
  fromWireError,
  parseResultTuple,
  parseSignature,
  parseTaskMeta,
  taskMetaKey,
  type ResultRecord,
  type TaskMeta,
} from '../../../lib/protocol/index.js';
import { jsonSerializer } from '../../../lib/serialization/index.js';
import { readVector, readVectors } from '../../fixtures/wire/vectors.js';

const files = ['results-redis', 'celery-5.2.6/results-redis'];

/** Every task meta a recorded worker stored, as it stored it. */
const metas = files.flatMap((file) =>
  readVectors(file).flatMap(({ name, result_commands: commands }) =>
    (commands as readonly (readonly unknown[])[])
      .filter(
        ([, command, key, , text]) =>
          command === 'SETEX' && /^celery-task-meta-/.test(String(key)) && String(text).startsWith('{'),
      )
      .map(([, , key, , text], index): [string, string, string] => [
        `${file} ${name} ${index}`,
        String(key),
        String(text),
      ]),
  ),
);

/** The record that would be stored for what was read. */
function recordOf(meta: TaskMeta, text: string): ResultRecord {
  const members = readMembers(text);
  return {
    ...meta,
    result: members.get('result') ?? '',
    extended:
      meta.name === undefined
        ? undefined
        : {
            name: meta.name,
            args: members.get('args') ?? '',
            kwargs: members.get('kwargs') ?? '',
            worker: meta.worker ?? '',
            retries: meta.retries ?? 0,
            queue: meta.queue ?? '',
          },
  };
}

describe('results recorded from Celery', () => {
  it('are many', () => {
    expect(metas.length).toBeGreaterThan(100);
  });

  it.each(metas)('%s is read, and written again character for character', (_name, key, text) => {
    const meta = parseTaskMeta(jsonSerializer.decode(text));
    // Stamps are no part of a record of ours. Celery writes a missing `children` as null, and 5.2.6 UTC without an offset.
    const expected = editMembers(text, {
      stamped_headers: undefined,
      who: undefined,
      ...(readMembers(text).get('children') === 'null' && { children: '[]' }),
      date_done: withOffset(readMembers(text).get('date_done') ?? 'null'),
    });

    expect(taskMetaKey(meta.taskId)).toBe(key);
    expect(inAscii(formatTaskMeta(recordOf(meta, text)))).toBe(expected);
  });

  it.each(metas.filter(([, , text]) => text.startsWith('{"status": "FAILURE"')))(
    '%s is rebuilt as an error',
    (_name, _key, text) => {
      const meta = parseTaskMeta(jsonSerializer.decode(text));
      const map = meta.result as { exc_type: string; exc_module: string; exc_message: unknown[] };

      const error = fromWireError(meta.result, meta.traceback);

      const remote = 'excType' in error ? error : error.cause;
      expect(remote).toMatchObject({
        excType: map.exc_type,
        excModule: map.exc_module,
        excArgs: map.exc_message,
        traceback: meta.traceback,
      });
      expect(exceptionMap({ excType: map.exc_type, excModule: map.exc_module, excMessage: map.exc_message })).toEqual(
        map,
      );
    },
  );

  it('of saved groups are result tuples', () => {
    const { result_commands: commands } = readVector('results-redis', 'group_saved');
    const saved = (commands as readonly (readonly string[])[]).find(
      ([, command, key]) => command === 'SETEX' && key?.startsWith('celery-taskset-meta-'),
    );
    const { result } = JSON.parse(String(saved?.[4])) as { result: unknown };

    expect(parseResultTuple(result)).toEqual(result);
  });
});

function withOffset(date: string): string {
  return /\d"$/.test(date) && !date.includes('+') ? date.replace(/"$/, '+00:00"') : date;
}

/** Python escapes everything beyond ASCII. */
function inAscii(text: string): string {
  return text.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

describe('signatures recorded from Celery', () => {
  it.each(readVectors('signatures').map(({ name, dict }): [string, unknown] => [name, dict]))(
    '%s is read as it is',
    (_name, dict) => {
      expect(parseSignature(dict)).toEqual(dict);
    },
  );
});
