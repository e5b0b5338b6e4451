/** One page, newest first; shorter than its limit where it holds much evidence. `next` is what `after` takes for the page behind it. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}
