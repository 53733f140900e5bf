import type { OutOf } from './composition-types.js';
import type { AnySignature, Signature, Taking } from './signature.js';

/** A node that waits for others. */
export interface WaitingNode {
  /** The node whose result it takes; or nodes whose results it takes as one list, in this order, when all of them are there. */
  readonly after: string | readonly string[];
  readonly run: AnySignature;
}

/** A node of a graph as it is written: a signature that waits for nothing, or one with what it waits for. */
export type GraphNode = AnySignature | WaitingNode;

type RunOf<Node> = Node extends { readonly run: infer Run } ? Run : Node;

/** What a node that waits for `After` is called with. */
type Awaited<Nodes, After> =
  IsLoose<After> extends true
    ? unknown
    : After extends readonly unknown[]
      ? { -readonly [I in keyof After]: OutOf<RunOf<Nodes[After[I] & keyof Nodes]>> }
      : OutOf<RunOf<Nodes[After & keyof Nodes]>>;

/** Whether names are known at run time alone, such as those of a list that is no constant. */
type IsLoose<After> = string extends (After extends readonly unknown[] ? After[number] : After) ? true : false;

/** Of what no other node is called; an object, as a text would make the whole node `never`. */
interface NoOtherNode<Name> {
  readonly 'is the name of no other node': Name;
}

type Others<Nodes, Name> = Exclude<keyof Nodes & string, Name>;

/** Nodes: each as it is where it waits for others of them and takes their results, else as it should have been. Of nodes and names made at run time nothing is known. */
export type NodesOf<Nodes> = string extends keyof Nodes
  ? Nodes
  : {
      readonly [Name in keyof Nodes]: Nodes[Name] extends { readonly after: infer After; readonly run: infer Run }
        ? {
            readonly after: IsLoose<After> extends true
              ? After
              : After extends readonly unknown[]
                ? readonly Others<Nodes, Name>[]
                : After extends Others<Nodes, Name>
                  ? After
                  : NoOtherNode<After>;
            readonly run: Taking<Awaited<Nodes, After>, Run>;
          }
        : Signature<[], unknown>;
    };

/** Results by the names of nodes. */
export type OutsOfNodes<Nodes> = { readonly [Name in keyof Nodes]: OutOf<RunOf<Nodes[Name]>> };
