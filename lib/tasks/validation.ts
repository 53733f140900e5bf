import { PayloadValidationError, type PayloadIssue } from '../errors/index.js';
import type { TaskDefinition, TaskParameter } from './task-definition.js';
import type { StandardSchema, StandardSchemaResult } from './task-options.interface.js';

/**
 * Holds arguments against schemas, one for each in order; those without one are let through.
 * @param parameters names the arguments in errors
 * @returns the arguments as the schemas transformed them; the sender publishes its own, the worker calls with these
 * @throws {PayloadValidationError} with every issue of every argument
 */
export async function validateArguments(
  task: string,
  schemas: readonly (StandardSchema | undefined)[],
  args: readonly unknown[],
  parameters: readonly TaskParameter[] = [],
): Promise<unknown[]> {
  const validated = [...args];
  const issues: PayloadIssue[] = [];
  for (const [index, schema] of schemas.entries()) {
    if (schema === undefined) continue;
    const result = await schema['~standard'].validate(args[index]);
    if (result.issues !== undefined) issues.push(...toIssues(result.issues, argumentName(parameters, index)));
    else if (index < args.length || result.value !== undefined) validated[index] = result.value;
  }
  if (issues.length > 0) throw new PayloadValidationError(task, 'arguments', issues);
  return validated;
}

/**
 * Holds what `bindArguments` made against the schemas of its task, keyword arguments with it.
 * @returns the same with transformed values; the very same where the task has no schema
 * @throws {PayloadValidationError}
 */
export async function validateBoundArguments(
  definition: Pick<TaskDefinition, 'name' | 'options' | 'parameters'>,
  bound: unknown[],
): Promise<unknown[]> {
  const { name, options, parameters } = definition;
  if (options.schema.length === 0) return bound;
  const slots = bound.flatMap((_, index) => {
    const { kind } = parameters[index] ?? { kind: 'rest' }; // arguments of a rest parameter stand behind the others
    return kind === 'sent' || kind === 'rest' ? [index] : [];
  });
  const sent = slots.map((slot) => bound[slot]);
  const validated = await validateArguments(name, options.schema, sent, parameters);
  const result = [...bound];
  slots.forEach((slot, index) => (result[slot] = validated[index]));
  return result;
}

/**
 * Holds a result against a schema before it is stored.
 * @returns the result as the schema transformed it
 * @throws {PayloadValidationError}
 */
export async function validateResult(
  task: string,
  schema: StandardSchema | undefined,
  value: unknown,
): Promise<unknown> {
  if (schema === undefined) return value;
  const result = await schema['~standard'].validate(value);
  if (result.issues !== undefined) throw new PayloadValidationError(task, 'result', [...toIssues(result.issues, '')]);
  return result.value;
}

type Issues = NonNullable<StandardSchemaResult['issues']>;

function toIssues(issues: Issues, subject: string): readonly PayloadIssue[] {
  return issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
    return { message, path: [...(subject === '' ? [] : [subject]), ...keys].join('.') };
  });
}

function argumentName(parameters: readonly TaskParameter[], index: number): string {
  const sent = parameters.filter((each) => each.kind === 'sent');
  const rest = parameters.find((each) => each.kind === 'rest');
  const name = sent[index]?.name ?? (sent[index] === undefined ? rest?.name : undefined);
  return name ?? `argument ${index + 1}`;
}
