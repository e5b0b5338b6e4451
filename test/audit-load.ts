import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditLine } from '../bench/audit-records.ts'
import type { Alert } from '../src/domain/alert.ts'
import type { Reader, Totals } from '../src/store/store.ts'
import { podCreated } from './audit.ts'
import { eventList, type AuditWebhook, type Sent } from './audit-webhook.ts'

/** One record in so many creates a privileged pod of a name of its own. */
const EVERY_PRIVILEGED = 1_000
const LIST_SIZE = 400
/** Lists that are under way at one time; more are sent later. */
const UNDER_WAY = 256

/** What a busy API server sends, and what became of each list. */
export interface AuditLoad {
  readonly sent: readonly (Sent & { readonly first: number })[]
  /** Records of the lists that were taken. */
  readonly taken: number
  /** Names of the privileged pods in them. */
  readonly pods: readonly string[]
}

/** Sends lists of 400 records at a rate (records a second) until told to end, and waits for their answers. */
export async function auditLoad(
  webhook: AuditWebhook,
  rate: number,
  ended: () => boolean,
): Promise<AuditLoad> {
  const sent: (Sent & { readonly first: number })[] = []
  const underWay = new Set<Promise<void>>()
  const sendFrom = async (first: number): Promise<void> => {
    sent.push({ ...(await webhook.send(listFrom(first))), first })
  }
  const start = performance.now()
  for (let first = 0; !ended(); first += LIST_SIZE) {
    const ahead = start + (first / rate) * 1_000 - performance.now()
    if (ahead > 0) await sleep(ahead)
    while (underWay.size >= UNDER_WAY) await Promise.race(underWay)
    const sending = sendFrom(first)
    underWay.add(sending)
    void sending.finally(() => underWay.delete(sending))
  }
  await Promise.all(underWay)
  const taken = sent.filter((list) => list.taken)
  return { sent, taken: taken.length * LIST_SIZE, pods: taken.flatMap(({ first }) => podsFrom(first)) }
}

function listFrom(first: number): string {
  return eventList(
    Array.from({ length: LIST_SIZE }, (_, index) => {
      const n = first + index
      if (n % EVERY_PRIVILEGED !== 0) return auditLine(n)
      return podCreated({
        name: podName(n),
        auditID: podName(n),
        time: 1_795_000_000_000 + n,
        privileged: true,
      })
    }),
  )
}

function podsFrom(first: number): readonly string[] {
  return Array.from({ length: LIST_SIZE }, (_, index) => first + index)
    .filter((n) => n % EVERY_PRIVILEGED === 0)
    .map(podName)
}

function podName(n: number): string {
  return `privileged-${n}`
}

/**
 * What of a store disagrees with what was taken; empty where all of it is there once. A list whose answer was lost
 * for good may be there or not.
 */
export function disagreements(load: AuditLoad, totals: Totals, alerts: readonly Alert[]): readonly string[] {
  const found: string[] = []
  const { records, evaluated, failed, duplicates } = totals
  if (records !== evaluated + failed + duplicates) found.push(`not conserved: ${JSON.stringify(totals)}`)
  if (failed > 0) found.push(`${failed} failed: ${JSON.stringify(totals.failures)}`)
  const most = load.sent.length * LIST_SIZE
  if (evaluated < load.taken || evaluated > most)
    found.push(`${load.taken} taken of ${most}, ${evaluated} evaluated`)

  const counts = new Map<string, number>()
  for (const alert of alerts) {
    const pod = alert.entity['k8s.pod.name']
    const key = `${alert.rule.id} ${String(pod)}`
    if (typeof pod === 'string' && pod.startsWith('privileged-')) {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      if (alert.count !== 1) found.push(`${key}: ${alert.count} matches`)
    }
  }
  for (const [key, count] of counts) if (count !== 1) found.push(`${key}: ${count} alerts`)
  const alerted = new Set([...counts.keys()].map((key) => key.split(' ')[1]))
  for (const pod of load.pods) if (!alerted.has(pod)) found.push(`no alert about ${pod}`)
  return found
}

export function allAlerts(reader: Reader): readonly Alert[] {
  const found: Alert[] = []
  let after: string | undefined
  do {
    const page = reader.alerts({ limit: 500, ...(after === undefined ? {} : { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

/** A port that nobody has just now: a daemon that is started again must be where it was. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
