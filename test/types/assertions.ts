/** Whether two types are the same, which is more than assignable both ways. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`: `check<Same<A, B>>()`. */
export declare function check<T extends true>(): T;
