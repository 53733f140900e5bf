import { InvalidTaskMessage } from '../errors/index.js';
import { parseSignature, parseSignatures, type SignatureMap } from '../protocol/index.js';
import { MAX_SIGNATURE_DEPTH, newState, TASK, type SignatureForm, type SignatureState } from './signature-state.js';

/** Where a map stands in the one that is read: its path, and the maps around it. */
interface Place {
  readonly path: string;
  readonly around: readonly unknown[];
}

type Kwargs = Readonly<Record<string, unknown>>;
type Reading = readonly [form: SignatureForm, kwargs: Kwargs];

/**
 * Reads a signature and all in it, as it came in a message or as somebody wrote it by hand.
 * @throws {InvalidTaskMessage} naming the place that cannot be read
 */
export function readSignatureMap(map: unknown, path = 'signature'): SignatureState {
  return read(map, { path, around: [] });
}

function read(value: unknown, { path, around }: Place): SignatureState {
  checkNesting(value, { path, around });
  const {
    task,
    args = [],
    kwargs = {},
    options = {},
    subtask_type: subtaskType,
    immutable = false,
    ...unknown
  } = parseSignature(value, path);
  const inside = [...around, value];
  const { link, link_error: errorLink, ...others } = options;
  const [form, otherKwargs] = readForm(task, subtaskType, kwargs, { path, around: inside });
  return newState({
    task,
    form,
    args,
    kwargs: otherKwargs,
    immutable,
    options: others,
    links: readList(link, { path: `${path}.options.link`, around: inside }),
    errorLinks: readList(errorLink, { path: `${path}.options.link_error`, around: inside }),
    unknown,
  });
}

function readForm(task: string, subtaskType: SignatureMap['subtask_type'], kwargs: Kwargs, place: Place): Reading {
  const inKwargs = (name: string): Place => ({ ...place, path: `${place.path}.kwargs.${name}` });
  switch (subtaskType) {
    case 'chain': {
      const { tasks, ...others } = kwargs;
      return [{ kind: 'chain', steps: readList(tasks, inKwargs('tasks')) }, others];
    }
    case 'group': {
      const { tasks, ...others } = kwargs;
      return [{ kind: 'group', members: readList(tasks, inKwargs('tasks')) }, others];
    }
    case 'chord': {
      const { header, body, ...others } = kwargs;
      const headerGroup = readHeaderGroup(header, inKwargs('header'));
      const members =
        headerGroup?.form.kind === 'group' ? headerGroup.form.members : readList(header, inKwargs('header'));
      return [{ kind: 'chord', header: members, headerGroup, body: read(body, inKwargs('body')) }, others];
    }
    default:
      return readMapping(task, kwargs, inKwargs);
  }
}

/** A header is a list, or a group, as a stamping visitor leaves it. */
function readHeaderGroup(header: unknown, place: Place): SignatureState | undefined {
  if (Array.isArray(header) || header === null || header === undefined) return undefined;
  const state = read(header, place);
  return state.form.kind === 'group' ? state : undefined;
}

/** Celery's built-in tasks that hold a signature to call with each of many arguments. */
function readMapping(task: string, kwargs: Kwargs, inKwargs: (name: string) => Place): Reading {
  const { task: each, it, n, ...others } = kwargs;
  const holdsOne = typeof each === 'object' && each !== null && Array.isArray(it);
  if (!holdsOne) return [TASK, kwargs];
  const items = it as readonly unknown[];
  switch (task) {
    case 'celery.map':
    case 'celery.starmap': {
      const kind = task === 'celery.map' ? 'map' : 'starmap';
      return [{ kind, each: read(each, inKwargs('task')), items }, n === undefined ? others : { ...others, n }];
    }
    case 'celery.chunks':
      if (typeof n !== 'number') return [TASK, kwargs];
      return [{ kind: 'chunks', each: read(each, inKwargs('task')), items, size: n }, others];
    default:
      return [TASK, kwargs];
  }
}

/** A list of signatures; one that stands alone counts as a list. */
function readList(value: unknown, { path, around }: Place): readonly SignatureState[] {
  if (!Array.isArray(value)) return parseSignatures(value, path).map(() => read(value, { path, around }));
  return value.map((each, index) => read(each, { path: `${path}[${index}]`, around }));
}

function checkNesting(value: unknown, { path, around }: Place): void {
  if (around.includes(value)) throw new InvalidTaskMessage(path, 'a signature that does not hold itself', value);
  if (around.length >= MAX_SIGNATURE_DEPTH) {
    throw new InvalidTaskMessage(path, `nested at most ${MAX_SIGNATURE_DEPTH} signatures deep`, value);
  }
}
