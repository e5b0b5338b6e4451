/**
 * The engine's interface: everything outside `sigma/` uses this file only, so that the engine behind it can
 * be replaced.
 */
export type { Compiled, EventPredicate, Lists, LoadedRule, Ruleset, RuleText } from './types.ts'
export { compilePredicate, compileRules } from './compile.ts'
export type { Explanation } from './explain.ts'
export { plainDocuments } from './documents.ts'
export { evaluate, explain } from './evaluate.ts'
export type { Evaluation } from './evaluate.ts'
