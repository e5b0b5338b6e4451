import type { Position } from './problem.ts'

/** A rule that a correlation names, by its id or name. */
export interface Reference {
  readonly name: string
  readonly at: Position
}
