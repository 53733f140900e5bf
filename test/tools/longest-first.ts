import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { suites } from './suites.mjs';

/** Begins with the files of which it is known that they take longest; Vitest guesses by the size of a file where it has not run it before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longest = suites.flatMap((suite) => suite.longest ?? []);
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.spec.ts`));
      return place < 0 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
