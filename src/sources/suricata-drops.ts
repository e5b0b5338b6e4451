import type { Finding } from '../domain/event.ts'
import { isObject, objectOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** What the counters of one sensor said last. */
interface Last {
  readonly drops: number
  /** ms since the epoch. */
  readonly time: number
}

export interface DropCounter {
  /** Packets that the kernel dropped since the record before; undefined where there were none. */
  count(eve: JsonObject, time: number, host: string | undefined): Finding | undefined
  checkpoint(): unknown
}

/** Whoever writes the log names the sensors in it. */
const MAX_SENSORS = 64

/**
 * Reads `stats.capture.kernel_drops`, which counts from Suricata's start: what is more than the record before said
 * was lost in between. A counter that fell began anew.
 */
export function createDropCounter(checkpoint?: unknown): DropCounter {
  const last = new Map<string, Last>(isObject(checkpoint) ? Object.entries(checkpoint).filter(isLast) : [])
  return {
    count(eve, time, host) {
      const stats = objectOf(eve['stats'])
      const drops = countOf(objectOf(stats['capture'])['kernel_drops'])
      if (drops === undefined) return undefined
      const before = last.get(host ?? '')
      last.delete(host ?? '')
      last.set(host ?? '', { drops, time })
      for (const oldest of last.keys()) {
        if (last.size <= MAX_SENSORS) break
        last.delete(oldest)
      }
      const goesOn = before !== undefined && before.drops <= drops && before.time <= time
      const lost = goesOn ? drops - before.drops : drops
      if (lost === 0) return undefined
      const uptime = countOf(stats['uptime']) ?? 0
      return {
        id: `suricata.eve:drops:${host ?? ''}:${time}`,
        kind: 'producer-loss',
        about: 'suricata.eve',
        since: goesOn ? before.time : Math.max(0, time - uptime * 1000),
        until: time,
        message: `the kernel dropped ${lost} packets before Suricata could read them`,
        ...(host !== undefined && { resource: { 'host.name': host } }),
      }
    },
    checkpoint: () => (last.size === 0 ? undefined : Object.fromEntries(last)),
  }
}

function isLast(entry: [string, unknown]): entry is [string, Last] {
  const { drops, time } = objectOf(entry[1])
  return countOf(drops) !== undefined && countOf(time) !== undefined
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
