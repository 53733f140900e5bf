import {
  composeWorkflow,
  GRAPH_FAILED,
  GRAPH_PART,
  parseGraphRest,
  tasksOf,
  type GraphRest,
  type MessageFactory,
} from '../client/index.js';
import { exceptionMap, type OutgoingMessage, type ResultRecord } from '../protocol/index.js';
import type { BrokenTask, GraphSignal } from './builtin/graph-tasks.js';
import type { ChordOutcomes } from './chord-outcomes.js';
import type { ResultRecords, StoredError } from './result-records.js';
import { checkTogether, lineageBelow, type Predecessor } from './successors.js';
import type { ChordEnd } from './task-reply.js';

/** Says what comes after tasks of graphs: what follows them, or the news that it will never run. */
export class GraphOutcomes {
  constructor(
    private readonly records: ResultRecords,
    private readonly messages: MessageFactory,
    private readonly chords: ChordOutcomes,
  ) {}

  /** @throws {InvalidSignatureError | EncodeError | MessageTooLargeError} for what cannot be sent */
  of(run: Pick<Predecessor, 'head' | 'body'>, { does }: GraphSignal): ChordEnd {
    switch (does.kind) {
      case 'next':
        return this.next(run, does.rest, does.result);
      case 'failed':
        return this.failed(run, does.rest, does.broken);
      case 'part':
        return this.part(run, does.broken);
    }
  }

  /** What follows where somebody revoked it. What comes after it in a graph is told at once: a message that tells would be cancelled with its workflow. */
  revoked(read: Pick<Predecessor, 'head' | 'body'>, error: StoredError): ChordEnd {
    const end = this.chords.revoked(read, error);
    const news = read.body.errbacks.find(({ task }) => task === GRAPH_FAILED);
    if (news === undefined) return end;
    const broken: BrokenTask = { id: read.head.id, state: 'REVOKED', error: exceptionMap(error) };
    const { records, successors } = this.failed(read, parseGraphRest(news.kwargs ?? {}), broken);
    return { ...end, records: [...end.records, ...records], successors };
  }

  /** What cannot be sent has failed, and what would come after it: the task itself has succeeded, and nobody else will tell. */
  private next(run: Pick<Predecessor, 'head'>, rest: GraphRest, result: unknown): ChordEnd {
    const { head } = run;
    try {
      const { requests, chords } = this.messages.graph(rest).expand([result], lineageBelow(head));
      const successors = requests.map((request) => this.messages.create(request));
      checkTogether(head.task, successors);
      return { records: [], successors, chords, outer: undefined };
    } catch (error) {
      const stored = exceptionMap(this.records.errorOf(error));
      return this.failed(run, rest, { id: head.parentId ?? head.id, state: 'FAILURE', error: stored });
    }
  }

  /** Steps that would have taken the result have failed, and so on to the joins, each of which is told by a part of its own: a task can be a part of one only. */
  private failed({ head }: Pick<Predecessor, 'head'>, rest: GraphRest, broken: BrokenTask): ChordEnd {
    const graph = this.messages.graph(rest);
    const error = this.errorOf(broken);
    const records: ResultRecord[] = [];
    const successors: OutgoingMessage[] = [];
    const told = new Set<number>();
    const edges = [...rest.next];
    for (let edge = edges.pop(); edge !== undefined; edge = edges.pop()) {
      const step = rest.steps[edge.to];
      if (step === undefined || told.has(edge.to)) continue;
      told.add(edge.to);
      if (step.join === undefined) {
        records.push(...this.records.failureOfUnrun(tasksOf(composeWorkflow(step.run)), error, broken.state));
        edges.push(...step.next);
        continue;
      }
      successors.push(
        this.messages.create({
          task: GRAPH_PART,
          args: [broken.id, broken.state, broken.error],
          kwargs: {},
          queue: rest.queue,
          groupId: step.join,
          groupIndex: edge.index,
          chord: graph.bodyOf(edge.to),
          ignoreResult: true,
          lineage: lineageBelow(head),
        }),
      );
    }
    return { records, successors, chords: [], outer: undefined };
  }

  private part(run: Pick<Predecessor, 'head' | 'body'>, broken: BrokenTask): ChordEnd {
    const outer = this.chords.brokenPart(run, broken.id, broken.state, this.errorOf(broken));
    return { records: [], successors: [], chords: [], outer };
  }

  private errorOf({ error }: BrokenTask) {
    return this.records.storedErrorOf(this.records.encode(error));
  }
}
