import type { Compiled, Lists, RuleText } from '../sigma/sigma.ts'

/** Compiles rules: `compileRules` of the engine. */
export type CompileRules = (texts: readonly RuleText[], options: { readonly lists: Lists }) => Compiled
