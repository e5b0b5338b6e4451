import { eventually, type Daemon } from '../daemon.ts'

/**
 * Waits until so many records were evaluated and the strategies' levels are computed. A daemon that is busy with
 * that on a busy machine may leave a question unanswered: it is asked again.
 */
export async function settled(daemon: Daemon, records: number): Promise<void> {
  const ask = async (path: string): Promise<unknown> => daemon.ask(path).then(({ body }) => body)
  await eventually(
    async () => {
      try {
        const totals = (await ask('/api/totals')) as { evaluated: number }
        const strategies = (await ask('/api/strategies')) as { items: readonly { level?: string }[] }
        const known = strategies.items.every(({ level }) => level !== undefined)
        return totals.evaluated >= records && known ? true : undefined
      } catch {
        return undefined
      }
    },
    120_000,
    'the records to be read',
  )
}
