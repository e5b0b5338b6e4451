/** Runs one piece of work after the other, in the order in which they were asked for; a failed one fails alone. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  let before: Promise<unknown> = Promise.resolve()
  return (work) => {
    const own = before.then(work)
    before = own.catch(() => undefined)
    return own
  }
}
