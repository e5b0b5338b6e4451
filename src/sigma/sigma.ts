/**
 * The engine's interface: everything outside `sigma/` uses this file only, so that the engine behind it can
 * be replaced.
 */
export type {
  Compiled,
  Correlation,
  CorrelationInput,
  EventPredicate,
  Lists,
  LoadedRule,
  Ruleset,
  RuleText,
} from './types.ts'
export { baselineWords } from './baseline-words.ts'
export { ranking } from './baseline-orders.ts'
export { BASELINE_TYPES } from './baseline-types.ts'
export type {
  Baseline,
  BaselineTest,
  BaselineType,
  BucketAggregate,
  Learning,
  Season,
  SpikeTest,
} from './baseline-types.ts'
export { compares, CORRELATION_TYPES } from './correlation-types.ts'
export type { Comparison, CorrelationType } from './correlation-types.ts'
export { alternativesOf } from './correlation-alternatives.ts'
export { correlationWords, durationWords } from './correlation-words.ts'
export { holdsWith } from './correlation-condition.ts'
export type { CorrelationCondition } from './correlation-condition.ts'
export type { Condition } from './condition.ts'
export { fieldReader, textOf } from './field.ts'
export type { FieldReader } from './field.ts'
export { numericOf } from './number.ts'
export { compilePredicate, compileRules, repeatedCompiler, compileShared } from './compile.ts'
export type { SharedRules } from './shared-rules.ts'
export type { Explanation } from './explain.ts'
export { plainDocuments } from './documents.ts'
export { evaluate, explain } from './evaluate.ts'
export type { Evaluation, ExplainedRule, TimedRecord } from './evaluate.ts'
export { applies } from './logsource.ts'
