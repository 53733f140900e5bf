import type { NumberedTree } from './canvas-tree.js';

/** What a workflow comes to when it is worked out by hand. */
export interface Evaluation {
  /** `undefined` where it fails. */
  readonly value: { readonly of: unknown } | undefined;
  /** Numbers of the tasks that run, each as often as it is sent: once, and for each retry. */
  readonly ran: readonly number[];
  /** Numbers of those that run once more, as they are given back. */
  readonly givenBack: readonly number[];
  /** Handlers that are told, each as often as it is. */
  readonly told: readonly string[];
}

/** A workflow in the shape in which it runs, with the handlers of each task. */
export type Plan =
  | { readonly as: 'run'; readonly tree: Extract<NumberedTree, { kind: 'task' }>; readonly handlers: readonly string[] }
  | { readonly as: 'in turn'; readonly steps: readonly Plan[] }
  | { readonly as: 'side by side'; readonly members: readonly Plan[] }
  | { readonly as: 'join'; readonly header: readonly Plan[]; readonly body: Plan };

/** What happens on the way. */
export interface EvaluationLog {
  readonly ran: number[];
  readonly givenBack: number[];
  readonly told: string[];
}

/** Works out a tree as its user would: what is side by side and followed by something is joined, what follows a chord belongs to its body. */
export function evaluate(tree: NumberedTree): Evaluation {
  const log: EvaluationLog = { ran: [], givenBack: [], told: [] };
  const value = run(planOf(tree), [], log);
  return { value, ...log };
}

/** The shape in which a tree runs. */
export function planOf(tree: NumberedTree): Plan {
  return told(bare(tree), tree.handler);
}

function bare(tree: NumberedTree): Plan {
  switch (tree.kind) {
    case 'task':
      return { as: 'run', tree, handlers: [] };
    case 'chain':
      return inTurn(tree.steps.map(planOf));
    case 'group':
      return { as: 'side by side', members: flat(tree.members.map(planOf)) };
    case 'chord':
      return { as: 'join', header: flat(tree.header.map(planOf)), body: planOf(tree.body) };
  }
}

function flat(plans: readonly Plan[]): readonly Plan[] {
  return plans.flatMap((plan) => (plan.as === 'side by side' ? plan.members : [plan]));
}

function inTurn(plans: readonly Plan[]): Plan {
  const steps: Plan[] = [];
  for (const plan of plans.flatMap((each) => (each.as === 'in turn' ? each.steps : [each]))) {
    const last = steps.at(-1);
    if (last?.as === 'side by side') steps[steps.length - 1] = { as: 'join', header: last.members, body: plan };
    else if (last?.as === 'join') steps[steps.length - 1] = { ...last, body: inTurn([last.body, plan]) };
    else steps.push(plan);
  }
  return steps.length === 1 ? (steps[0] as Plan) : { as: 'in turn', steps };
}

/** The handler of a chain is that of each step, of a group that of each member, of a chord that of its body. */
function told(plan: Plan, handler: string | undefined): Plan {
  if (handler === undefined) return plan;
  switch (plan.as) {
    case 'run':
      return { ...plan, handlers: [...plan.handlers, handler] };
    case 'in turn':
      return { ...plan, steps: plan.steps.map((step) => told(step, handler)) };
    case 'side by side':
      return { ...plan, members: plan.members.map((member) => told(member, handler)) };
    case 'join':
      return { ...plan, body: told(plan.body, handler) };
  }
}

/** What it comes to when it is called with what was passed. */
export function run(plan: Plan, passed: readonly unknown[], log: EvaluationLog): Evaluation['value'] {
  switch (plan.as) {
    case 'run': {
      const { n, conduct, immutable } = plan.tree;
      log.ran.push(n, ...conduct.early.map(() => n));
      if (conduct.givesBack) log.givenBack.push(n);
      if (conduct.fails === null) return { of: [n, ...(immutable ? [] : passed)] };
      log.told.push(...plan.handlers);
      return undefined;
    }
    case 'in turn': {
      let value: Evaluation['value'];
      let input = passed;
      for (const step of plan.steps) {
        value = run(step, input, log);
        if (value === undefined) return undefined;
        input = [value.of];
      }
      return value;
    }
    case 'side by side':
      return all(plan.members, passed, log);
    case 'join': {
      const results = all(plan.header, passed, log);
      if (results !== undefined) return run(plan.body, [results.of], log);
      log.told.push(...new Set(firstHandlers(plan.body)));
      return undefined;
    }
  }
}

/** All of them run, whatever becomes of the others. */
function all(plans: readonly Plan[], passed: readonly unknown[], log: EvaluationLog): Evaluation['value'] {
  const values = plans.map((plan) => run(plan, passed, log));
  return values.includes(undefined) ? undefined : { of: values.map((value) => value?.of) };
}

/** Those of what would have begun first: they are told of what never began. */
export function firstHandlers(plan: Plan): readonly string[] {
  switch (plan.as) {
    case 'run':
      return plan.handlers;
    case 'in turn':
      return firstHandlers(plan.steps[0] as Plan);
    case 'side by side':
      return plan.members.flatMap(firstHandlers);
    case 'join':
      return firstHandlers(plan.body);
  }
}
