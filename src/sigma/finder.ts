/** Tells which of many literals occur in a text, in one pass over it and with a small table. */
export interface LiteralFinder {
  /** Calls `found` with the index of each literal that occurs, possibly more than once, until it answers false. */
  find(text: string, found: (literal: number) => unknown): void
}
