import { randomUUID } from 'node:crypto';
import type { BrokerCapabilities } from '../brokers/index.js';
import { EncodeError, type Replacement } from '../errors/index.js';
import type { ResolvedTasksOptions } from '../options/index.js';
import {
  argsRepr,
  formatBody,
  formatBodyJson,
  formatEmbed,
  formatTaskMessage,
  kwargsRepr,
  newId,
  TaskHeadersTemplate,
  type OutgoingMessage,
  type SignatureMap,
} from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import { TaskContext, type TaskCatalog } from '../tasks/index.js';
import type { Clock } from '../time/index.js';
import { captureHeaders, type ContextPropagator } from './context-propagator.js';
import { GraphExpander } from './graph/graph-expander.js';
import { GRAPH_NEXT, parseGraphRest, type GraphRest } from './graph/graph-steps.js';
import { toWirePriority } from './priority.js';
import type { Lineage, SendRequest } from './send-request.js';
import { requestOfSignature, type SignatureCall } from './signature-request.js';
import { checkSignature } from './workflow/check-signature.js';
import { composeWorkflow } from './workflow/compose-workflow.js';
import { expandWorkflow, type ChordSize, type Expansion, type WorkflowCall } from './workflow/expand-workflow.js';
import type { CanvasNode } from './workflow/canvas-node.js';
import { routed } from './workflow/route-signatures.js';
import { withoutCallbacks } from './workflow/workflow-options.js';

export interface MessageFactorySetup {
  readonly catalog: Pick<TaskCatalog, 'get'>;
  readonly tasks: Pick<ResolvedTasksOptions, 'defaultQueue' | 'defaultPriority' | 'ignoreResult'>;
  readonly priorityOrder: BrokerCapabilities['priorityOrder'];
  readonly serialization: Serialization;
  readonly clock: Clock;
  /** `gen<pid>@<host>` of a client, the node name of a worker. */
  readonly origin: string;
  readonly propagators?: readonly ContextPropagator[];
  /** How long a chord may take, from its sending on. @defaultValue for ever */
  readonly chordDeadlineMs?: number;
}

/** Messages, and how many parts the chords have that they belong to. */
export interface PlannedMessages {
  readonly messages: readonly OutgoingMessage[];
  readonly chords: readonly ChordSize[];
}

/** What is the same for every message of a task that says nothing else. */
interface TaskRoute {
  readonly queue: string;
  readonly wirePriority: number;
  /** Where the sender says nothing; `undefined` leaves it to the worker, which may know the task. */
  readonly ignoreResult: boolean | undefined;
  /** Whatever the sender says. */
  readonly alwaysIgnoresResult: boolean;
  readonly expiresMs: number | undefined;
  readonly headers: TaskHeadersTemplate;
}

const NOTHING: readonly SignatureMap[] = [];
/** Names that are not ours may be without number. */
const MOST_TEMPLATES = 1_000;

/** Makes the messages of an application: fills in what its tasks declare, encodes the body, and says where it goes. */
export class MessageFactory {
  private readonly routes = new Map<string, TaskRoute>();
  private readonly templates = new Map<string, TaskHeadersTemplate>();
  /** Where rpc results would be sent; written always, as Celery does. */
  readonly replyTo = randomUUID();

  constructor(private readonly setup: MessageFactorySetup) {}

  /** How priorities go over the wire of the broker these messages are for. */
  get priorityOrder(): BrokerCapabilities['priorityOrder'] {
    return this.setup.priorityOrder;
  }

  /**
   * A signature as it travels: priorities as the broker has them, and with the queues of tasks that are declared here.
   * @throws {InvalidSignatureError} for what is none, or cannot be written
   */
  mapOf(signature: Replacement): SignatureMap {
    const { priorityOrder } = this.setup;
    checkSignature(signature);
    const map = signature.toMap((priority) => toWirePriority(priority, priorityOrder)) as SignatureMap;
    return routed(map, this.queueOf);
  }

  /** Whether no result will be stored, as far as it is known here: the task's own word counts, and the sender's. */
  ignoresResult(request: Pick<SendRequest, 'task' | 'ignoreResult'>): boolean {
    return toldToIgnore(request, this.routeOf(request.task)) ?? false;
  }

  /**
   * The message of one task.
   * @throws {EncodeError} naming the argument or header that cannot be written
   * @throws {MessageTooLargeError} when it takes more than a message may
   */
  create(request: SendRequest): OutgoingMessage {
    const { clock, origin, propagators = [], priorityOrder, serialization } = this.setup;
    const route = this.routeOf(request.task);
    const sentMs = request.sentMs ?? clock.now();
    const queue = request.queue ?? route.queue;
    const lineage = request.lineage ?? lineageOfContext();
    const expiresMs = request.expiresMs ?? (request.isResent ? undefined : after(sentMs, route.expiresMs));
    const message = formatTaskMessage(
      {
        task: request.task,
        id: request.id ?? newId(),
        queue,
        exchange: request.exchange ?? '',
        routingKey: request.routingKey ?? queue,
        rootId: lineage?.rootId,
        parentId: lineage?.parentId,
        groupId: request.groupId,
        groupIndex: request.groupIndex,
        retries: request.retries,
        etaMs: request.etaMs,
        expiresMs,
        expirationMs: expiresMs === undefined ? undefined : expiresMs - sentMs,
        sentMs,
        timeLimitMs: request.timeLimitMs,
        softTimeLimitMs: request.softTimeLimitMs,
        shadow: request.shadow,
        argsRepr: request.argsRepr ?? argsRepr(request.args),
        kwargsRepr: request.kwargsRepr ?? kwargsRepr(request.kwargs),
        origin,
        ignoreResult: toldToIgnore(request, route),
        replacedTaskNesting: request.replacedTaskNesting,
        stampedHeaders: request.stampedHeaders,
        stamps: request.stamps,
        headers: request.isResent ? request.headers : captureHeaders(propagators, request.headers),
        correlationId: request.correlationId,
        replyTo: request.replyTo ?? this.replyTo,
        priority:
          request.wirePriority ??
          (request.priority === undefined ? route.wirePriority : toWirePriority(request.priority, priorityOrder)),
      },
      encodeBody(serialization, request),
      (value) => textOf(serialization.encode('json', value).body),
      route.headers,
    );
    serialization.checkSize(message);
    return message;
  }

  /**
   * What begins a signature: one message for a task; the first step of a chain, with the others in it; one for each member of a group, or of a chord's header, whose
   * size has to be known before they are sent.
   * @throws {InvalidSignatureError} naming the place of what cannot be sent
   */
  plan(map: SignatureMap, call: SignatureCall = {}): Expansion {
    if (map.task === GRAPH_NEXT) {
      return this.graph(parseGraphRest(map.kwargs ?? {})).expand(call.prependArgs ?? [], call.lineage);
    }
    const nowMs = this.setup.clock.now();
    if ((map.subtask_type ?? null) === null) {
      return { requests: [requestOfSignature(map, call, nowMs)], chords: [] };
    }
    const { groupId, groupIndex, ...others } = call;
    return this.expand(composeWorkflow(map), { ...others, place: { groupId, groupIndex } });
  }

  /** The messages of what begins a signature, and the chords whose sizes are to be said first. */
  fromSignature(map: SignatureMap, call: SignatureCall = {}): PlannedMessages {
    const { requests, chords } = this.plan(map, call);
    return { messages: requests.map((request) => this.create(request)), chords };
  }

  /** The same of a workflow that has its ids already. */
  fromWorkflow(node: CanvasNode, call?: WorkflowCall): PlannedMessages {
    const { requests, chords } = this.expand(node, call);
    return { messages: requests.map((request) => this.create(request)), chords };
  }

  /** What begins a workflow that has its ids already. */
  expand(node: CanvasNode, call: WorkflowCall = {}): Expansion {
    return expandWorkflow(node, call, this.expansion());
  }

  /** What makes the messages of a graph, or of what is left of it. */
  graph(rest: GraphRest): GraphExpander {
    return new GraphExpander(rest, this.expansion());
  }

  /** Where a task goes that says nothing of it. */
  get defaultQueue(): string {
    return this.setup.tasks.defaultQueue;
  }

  /** By when a chord with that body has to end; `undefined` for ever. */
  lateChord(body: SignatureMap): ChordSize['late'] {
    const { chordDeadlineMs, clock, serialization } = this.setup;
    if (chordDeadlineMs === undefined) return undefined;
    const { body: text } = serialization.encode('json', withoutCallbacks(body));
    return { atMs: clock.now() + chordDeadlineMs, text: textOf(text) };
  }

  private readonly queueOf = (task: string): string | undefined => {
    const { catalog, tasks } = this.setup;
    const queue = catalog.get(task)?.options.queue;
    return queue === tasks.defaultQueue ? undefined : queue;
  };

  private expansion() {
    return { nowMs: this.setup.clock.now(), replyTo: this.replyTo, late: (body: SignatureMap) => this.lateChord(body) };
  }

  private routeOf(task: string): TaskRoute {
    let route = this.routes.get(task);
    if (route === undefined) {
      const { catalog, tasks, priorityOrder } = this.setup;
      const options = catalog.get(task)?.options;
      const ignoreResult =
        options?.ignoreResult ?? (options === undefined ? tasks.ignoreResult || undefined : tasks.ignoreResult);
      route = {
        queue: options?.queue ?? tasks.defaultQueue,
        wirePriority: toWirePriority(options?.priority ?? tasks.defaultPriority, priorityOrder),
        ignoreResult,
        alwaysIgnoresResult: options?.ignoreResult ?? false,
        expiresMs: options?.expiresMs,
        headers: this.templateOf(task, ignoreResult),
      };
      if (options !== undefined) this.routes.set(task, route); // one that is not may be declared yet
    }
    return route;
  }

  private templateOf(task: string, ignoreResult: boolean | undefined): TaskHeadersTemplate {
    let template = this.templates.get(task);
    if (template === undefined) {
      template = new TaskHeadersTemplate({ task, origin: this.setup.origin, ignoreResult });
      if (this.templates.size < MOST_TEMPLATES) this.templates.set(task, template);
    }
    return template;
  }
}

function toldToIgnore({ ignoreResult }: Pick<SendRequest, 'ignoreResult'>, route: TaskRoute): boolean | undefined {
  return route.alwaysIgnoresResult || (ignoreResult ?? route.ignoreResult);
}

/** A new task is a child of the one that sends it. */
function lineageOfContext(): Lineage | undefined {
  const context = TaskContext.current();
  return context && { rootId: context.request.rootId, parentId: context.id };
}

function encodeBody(serialization: Serialization, request: SendRequest) {
  const { args, kwargs, callbacks = NOTHING, errbacks = NOTHING, chain = NOTHING, chord } = request;
  const isPlain = callbacks.length + errbacks.length + chain.length === 0 && hasNone(kwargs);
  try {
    if (isPlain) {
      // All but the arguments never differs, nor does the body of one chord, and need not be encoded again and again.
      const { body, contentType, contentEncoding } = serialization.encode('json', args);
      const embed = chord === undefined ? undefined : embedOf(serialization, chord);
      if (typeof body === 'string') return { body: formatBodyJson(body, '{}', embed), contentType, contentEncoding };
    }
    return serialization.encode('json', formatBody({ args, kwargs, callbacks, errbacks, chain, chord }));
  } catch (error) {
    if (error instanceof EncodeError) serialization.encode('json', { args, kwargs }); // throws again, with a place that the sender knows
    throw error;
  }
}

/** What every member of a chord's header carries, by the body that they share. */
const embeds = new WeakMap<SignatureMap, string>();

function embedOf(serialization: Serialization, chord: SignatureMap): string {
  let embed = embeds.get(chord);
  if (embed === undefined) {
    embed = textOf(
      serialization.encode('json', formatEmbed({ callbacks: NOTHING, errbacks: NOTHING, chain: NOTHING, chord })).body,
    );
    embeds.set(chord, embed);
  }
  return embed;
}

function hasNone(kwargs: Readonly<Record<string, unknown>>): boolean {
  for (const _name in kwargs) return false;
  return true;
}

function after(startMs: number, ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : startMs + ms;
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
