/** Bytes that senders were let in with and that are not committed yet: bounded in all, and for each sender. */
export interface WaitingBytes {
  room(sender: string): Room
}

/** The place of one request among what waits. */
export interface Room {
  /**
   * Takes room for so many bytes in all, more or fewer than it had. Undefined; or, and then it has what it had:
   * `full`, where all requests together would have too much, or `share`, where those of this sender would.
   */
  take(bytes: number): 'full' | 'share' | undefined
  leave(): void
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
    room(sender) {
      let held = 0
      const take = (bytes: number): 'full' | 'share' | undefined => {
        const more = bytes - held
        const own = (bySender.get(sender) ?? 0) + more
        if (more > 0 && all + more > total) return 'full'
        if (more > 0 && own > share) return 'share'
        all += more
        held = bytes
        if (own > 0) bySender.set(sender, own)
        else bySender.delete(sender)
        return undefined
      }
      return { take, leave: () => void take(0) }
    },
  }
}
