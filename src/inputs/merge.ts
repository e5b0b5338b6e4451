/**
 * Several sequences as one, in the order in which their items become ready. A sequence is asked for its next
 * item only when the one before was dealt with: that is the back-pressure. Throws what the first of them throws.
 */
export async function* merge<From, Item>(
  sequences: readonly { readonly from: From; readonly items: AsyncIterable<Item> }[],
): AsyncGenerator<{ readonly from: From; readonly item: Item }> {
  const ready: { from: From; item: Item; dealtWith: () => void }[] = []
  const trouble: unknown[] = []
  let running = sequences.length
  let stopped = false
  let wake = (): void => {}

  const pump = async (from: From, items: AsyncIterable<Item>): Promise<void> => {
    for await (const item of items) {
      if (stopped) return
      await new Promise<void>((dealtWith) => {
        ready.push({ from, item, dealtWith })
        wake()
      })
      if (stopped) return
    }
  }
  const pumps = sequences.map(async ({ from, items }) => {
    try {
      await pump(from, items)
    } catch (cause) {
      trouble.push(cause)
    }
    running -= 1
    wake()
  })

  try {
    for (;;) {
      const next = ready.shift()
      if (next !== undefined) {
        try {
          yield { from: next.from, item: next.item }
        } finally {
          next.dealtWith()
        }
      } else if (trouble.length > 0) {
        throw trouble[0]
      } else if (running === 0) {
        return
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stopped = true
    for (const { dealtWith } of ready) dealtWith()
    void Promise.allSettled(pumps)
  }
}
