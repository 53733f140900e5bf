import type { PythonWorkflow } from '../../tools/python-driver.js';
import { nest, py } from './workflow-client.js';

/** What is known of a workflow that either side sends. */
export interface WorkflowCase {
  readonly title: string;
  /** @param file that its body or last step writes to, each time it runs */
  readonly workflow: (file: string) => PythonWorkflow;
  readonly result: unknown;
  /** Celery's own client makes something else of it. */
  readonly onlyNest?: true;
}

const fourMembers = [py('add', 1, 1), nest('add', 2, 2), py('mul', 3, 3), nest('mul', 4, 4)];

/** Tasks whose workers alternate, and of which the last one tells of each of its runs. */
export const mixedWorkflows: readonly WorkflowCase[] = [
  {
    title: 'a chain that alternates',
    workflow: (file) => ({ chain: [py('add', 1, 2), nest('mul', 10), py('add', 4), nest('append', file)] }),
    result: 34,
  },
  {
    title: 'a chain that alternates and begins in Nest',
    workflow: (file) => ({ chain: [nest('add', 1, 2), py('mul', 10), nest('add', 4), py('append', file)] }),
    result: 34,
  },
  {
    title: 'a chord whose body is in Nest',
    workflow: (file) => ({ chord: fourMembers, body: nest('append', file) }),
    result: [2, 4, 9, 16],
  },
  {
    title: 'a chord whose body is in Python',
    workflow: (file) => ({ chord: fourMembers, body: py('append', file) }),
    result: [2, 4, 9, 16],
  },
  {
    title: 'a chord whose members are chains',
    workflow: (file) => ({
      chord: [
        { chain: [py('add', 1, 1), nest('mul', 2)] },
        { chain: [nest('add', 2, 2), py('mul', 3), nest('add', 1)] },
        py('add', 1, 0),
      ],
      body: nest('append', file),
    }),
    result: [4, 13, 1],
  },
  {
    title: 'a chord in the header of a chord',
    workflow: (file) => ({
      chord: [
        { chord: [py('add', 1, 1), nest('add', 2, 2)], body: py('xsum') },
        { chord: [nest('mul', 2, 2), py('mul', 3, 3)], body: nest('sum') },
        nest('add', 5, 5),
      ],
      body: py('append', file),
    }),
    result: [6, 13, 10],
  },
  {
    title: 'a chain with a chord whose body is a chain',
    workflow: (file) => ({
      chain: [
        py('add', 1, 1),
        { chord: [nest('add', 10), py('mul', 10)], body: { chain: [nest('sum'), py('add', 100)] } },
        nest('append', file),
      ],
    }),
    result: 132,
  },
  {
    title: 'a chain whose group is followed by a step',
    workflow: (file) => ({
      chain: [nest('add', 1, 1), { group: [py('add', 1), nest('add', 2)] }, py('xsum'), nest('append', file)],
    }),
    result: 7,
  },
  {
    title: 'a chord whose body is a group',
    workflow: (file) => ({
      chain: [
        { chord: [py('add', 1, 1), nest('add', 2, 2)], body: { group: [py('xsum'), nest('sum')] } },
        py('append', file),
      ],
    }),
    result: [6, 6],
    onlyNest: true, // Celery runs the step after each member
  },
  {
    title: 'a chord whose members are tried again',
    workflow: (file) => ({ chord: [py('retry_twice'), nest('retry_twice')], body: nest('append', file) }),
    result: [{ retries: 2 }, 2],
  },
  {
    title: 'a chord of which a member chain begins with a chord',
    workflow: (file) => ({
      chord: [
        { chain: [{ chord: [nest('add', 1, 1), py('add', 2, 2)], body: nest('sum') }, py('add', 1)] },
        nest('add', 1, 1),
      ],
      body: py('append', file),
    }),
    result: [7, 2],
  },
  {
    title: 'a chord in a group in a chord',
    workflow: (file) => ({
      chord: [
        { group: [nest('add', 1, 0), { chord: [py('add', 2, 0), nest('add', 3, 0)], body: py('xsum') }] },
        nest('add', 9, 0),
      ],
      body: nest('append', file),
    }),
    result: [1, 5, 9],
    onlyNest: true, // Celery gives the results in another order
  },
  {
    title: 'a chord of chains that end in groups',
    workflow: (file) => ({
      chord: [{ chain: [py('add', 1, 1), { group: [nest('add', 1), py('add', 2)] }] }, nest('add', 1, 1)],
      body: py('append', file),
    }),
    result: [[3, 4], 2],
    onlyNest: true, // Celery counts each member of the group
  },
];
