import { alertView, findingView, incidentView } from '../domain/alert-view.ts'
import type { Finding } from '../domain/event.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import type { Reader } from '../store/store.ts'
import { statusView, type DaemonStatus } from './status.ts'

/** What a console is told as it happens. */
export type LiveMessage =
  | { readonly kind: 'alert'; readonly opened: boolean; readonly alert: ReturnType<typeof alertView> }
  | {
      readonly kind: 'incident'
      readonly opened: boolean
      readonly incident: ReturnType<typeof incidentView>
    }
  | { readonly kind: 'finding'; readonly finding: ReturnType<typeof findingView> }
  | { readonly kind: 'status'; readonly status: ReturnType<typeof statusView> }

/** What changed is told so often at most, ms. */
const EVERY = 200
/** At one telling: messages of each kind, and bytes of all. What is left over is told next. */
const AT_ONCE = { messages: 25, bytes: 262_144 }
/** What waits to be told, of each kind. Beyond it the oldest is left out: the lists are what counts. */
const WAITING = 1_000

type Asked = Pick<Reader, 'alert' | 'incident'>

export interface Live {
  /** Returns what ends the subscription. */
  subscribe(listener: (message: LiveMessage) => void): () => void
  committed(result: Pick<BatchResult, 'alerts' | 'findings'>, reader: Asked): void
  status(status: DaemonStatus): void
  /** Nothing is looked up after this. */
  stop(): void
}

/**
 * Tells whoever listens what was committed. An attack is thousands of matches a second in a few alerts: what
 * changes again before it is told is told once, as it is then. Looks nothing up while nobody listens.
 * `every` is in ms; 0 tells each batch at once.
 */
export function createLive({ every = EVERY }: { readonly every?: number } = {}): Live {
  const listeners = new Set<(message: LiveMessage) => void>()
  const alerts = new Map<string, boolean>()
  /** Incidents, with those of their alerts that were opened since they were told of last. */
  const incidents = new Map<string, Set<string>>()
  const findings = new Map<string, Finding>()
  let timer: NodeJS.Timeout | undefined
  let reader: Asked | undefined

  const tell = (message: LiveMessage): number => {
    const told = encoded(message)
    for (const listener of listeners) listener(message)
    return told.length
  }
  const tellWaiting = (): void => {
    let budget = AT_ONCE.bytes
    const take = <T>(
      waiting: Map<string, T>,
      message: (id: string, entry: T) => LiveMessage | undefined,
    ): void => {
      for (const [id, entry] of [...waiting].slice(0, AT_ONCE.messages)) {
        if (budget <= 0) return
        waiting.delete(id)
        const found = message(id, entry)
        if (found !== undefined) budget -= tell(found)
      }
    }
    take(incidents, (id, opened) => {
      const incident = reader?.incident(id)
      if (incident === undefined) return undefined
      const isNew = incident.alerts.every((alert) => opened.has(alert.id))
      return { kind: 'incident', opened: isNew, incident: incidentView(incident) }
    })
    take(findings, (_id, finding) => ({ kind: 'finding', finding: findingView(finding) }))
    take(alerts, (id, opened) => {
      const alert = reader?.alert(id)
      return alert === undefined ? undefined : { kind: 'alert', opened, alert: alertView(alert) }
    })
  }
  const forget = (): void => {
    for (const waiting of [alerts, incidents, findings]) waiting.clear()
  }
  const beat = (): void => {
    timer = undefined
    if (listeners.size === 0) return forget()
    if (alerts.size + incidents.size + findings.size === 0) return
    tellWaiting()
    timer = setTimeout(beat, every).unref()
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    committed(result, asked) {
      if (listeners.size === 0) return
      reader = asked
      for (const { id, opened, incident } of result.alerts) {
        const ofIncident = incidents.get(incident) ?? new Set()
        if (opened) ofIncident.add(id)
        wait(alerts, id, opened || alerts.get(id) === true)
        wait(incidents, incident, ofIncident)
      }
      for (const finding of result.findings) wait(findings, finding.id, finding)
      if (every === 0) tellWaiting()
      else if (timer === undefined) beat()
    },
    status(status) {
      if (listeners.size > 0) tell({ kind: 'status', status: statusView(status) })
    },
    stop() {
      clearTimeout(timer)
      forget()
      reader = undefined
    },
  }
}

function wait<T>(waiting: Map<string, T>, id: string, entry: T): void {
  waiting.set(id, entry)
  if (waiting.size <= WAITING) return
  for (const [oldest] of waiting) {
    waiting.delete(oldest)
    return
  }
}

const texts = new WeakMap<LiveMessage, Uint8Array<ArrayBuffer>>()

/** As a server-sent event; made once, however many streams send it. */
export function encoded(message: LiveMessage): Uint8Array<ArrayBuffer> {
  const known = texts.get(message)
  if (known !== undefined) return known
  const text = new TextEncoder().encode(`event: ${message.kind}\ndata: ${JSON.stringify(message)}\n\n`)
  texts.set(message, text)
  return text
}
