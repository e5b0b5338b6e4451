/** Bytes that senders were let in with and that are not committed yet: bounded in all, and for each sender. */
export interface WaitingBytes {
  /** `taken`; or, and then nothing is counted: `full`, where all together, or `share`, where this one has too many. */
  take(sender: string, bytes: number): 'taken' | 'full' | 'share'
  give(sender: string, bytes: number): void
}

/** `share` is what one sender may have of `total`. */
export function createWaitingBytes({
  total,
  share,
}: {
  readonly total: number
  readonly share: number
}): WaitingBytes {
  const bySender = new Map<string, number>()
  let all = 0
  return {
    take(sender, bytes) {
      const own = (bySender.get(sender) ?? 0) + bytes
      if (all + bytes > total) return 'full'
      if (own > share) return 'share'
      all += bytes
      bySender.set(sender, own)
      return 'taken'
    },
    give(sender, bytes) {
      all -= bytes
      const rest = (bySender.get(sender) ?? 0) - bytes
      if (rest > 0) bySender.set(sender, rest)
      else bySender.delete(sender)
    },
  }
}
