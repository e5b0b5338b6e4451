import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isSeq, parseDocument, type YAMLSeq } from 'yaml'
import {
  approveBaseline,
  forgetBaseline,
  importBaselines,
  type BaselineChange,
  type ExportedKey,
} from './baseline-changes.ts'
import { UserError } from './domain/errors.ts'
import type { Alert, Verdict } from './domain/alert.ts'
import { digest } from './domain/hash.ts'
import { identityMatch } from './domain/identity-match.ts'
import { compilePredicate, type Baseline } from './sigma/sigma.ts'
import type { Store } from './store/store.ts'

/** What people change: through the running daemon's API, or on the command line when none runs. Each is audited. */
export interface Commands {
  /** Throws a UserError where there is no such open alert. */
  closeAlert(
    request: { readonly id: string; readonly verdict: Verdict; readonly note: string },
    actor: string,
  ): void
  /** Closes all open alerts of an incident; how many. Throws a UserError where it has none. */
  closeIncident(
    request: { readonly id: string; readonly verdict: Verdict; readonly note: string },
    actor: string,
  ): number
  /** Adds to `silences/`; returns its id. Throws a UserError where the match does not compile. */
  addSilence(request: SilenceRequest, actor: string): Promise<string>
  /** Turns entries of the posture report into expiring filters; returns how many filters were written. */
  adopt(request: AdoptRequest, actor: string): Promise<number>
  /** What a key has is taken for learned. Throws a UserError where there is none. */
  approveBaseline(change: BaselineChange, actor: string): void
  /** Forgets a key of a baseline, or a value of it. Throws a UserError where there is none. */
  forgetBaseline(change: BaselineChange, actor: string): void
  importBaselines(
    baselines: readonly Baseline[],
    rows: readonly ExportedKey[],
    actor: string,
  ): { readonly taken: number; readonly refused: number }
  /** Sends a dead notification again. Throws a UserError where there is none. */
  retryNotification(id: number, actor: string): void
  /** The same for all dead ones of a sink; how many. Throws a UserError where there is none. */
  retrySink(sink: string, actor: string): Promise<number>
  /** Drops a dead notification. Throws a UserError where there is none. */
  dismissNotification(id: number, actor: string): void
}

export interface SilenceRequest {
  readonly match: Readonly<Record<string, unknown>>
  readonly rules?: readonly string[]
  /** ms from now. */
  readonly for: number
  readonly owner: string
  readonly reason: string
}

export interface AdoptRequest {
  /** Alerts of the posture report; all of its open ones where undefined. */
  readonly alerts?: readonly string[]
  /** YYYY-MM-DD. */
  readonly expires: string
  readonly owner: string
  readonly reason: string
}

export interface CommandParts {
  readonly store: Store
  readonly site: string
  readonly now: () => number
  /** Called after the site's folder changed; tells its own trouble, for the change stands. */
  readonly reload: () => Promise<unknown>
  /** Called when notifications of this sink are to be sent again. */
  readonly retried?: (sink: string) => void
}

export function createCommands({ store, site, now, reload, retried }: CommandParts): Commands {
  let last: Promise<unknown> = Promise.resolve()
  /** Files of the site are read, extended and written back: one change after the other. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const result = last.then(change)
    last = result.catch(() => {})
    return result
  }
  return {
    closeAlert({ id, verdict, note }, actor) {
      if (store.closeAlert(id, verdict, note, actor, now())) return
      const known = store.alert(id)
      throw new UserError(known === undefined ? `no alert ${id}` : `alert ${id} is closed already`, {
        mend: "see 'tallyman alerts list --status open'",
      })
    },
    closeIncident({ id, verdict, note }, actor) {
      const closed = store.closeIncident(id, verdict, note, actor, now())
      if (closed > 0) return closed
      const known = store.incident(id)
      throw new UserError(known === undefined ? `no incident ${id}` : `incident ${id} is closed already`, {
        mend: "see 'tallyman incidents list --status open'",
      })
    },
    approveBaseline: (change, actor) => approveBaseline(store, change, actor, now()),
    forgetBaseline: (change, actor) => forgetBaseline(store, change, actor, now()),
    importBaselines: (baselines, rows, actor) => importBaselines(store, baselines, rows, actor, now()),
    addSilence: (request, actor) =>
      inTurn(async () => {
        if (saysNothing(request.match)) {
          throw new UserError('a silence that matches everything would silence everything', {
            mend: 'name a field and a value that only what is meant has',
          })
        }
        const compiled = compilePredicate(
          { ...request.match },
          { lists: new Map(), file: 'the match', line: 1 },
        )
        if ('problems' in compiled) {
          throw new UserError(compiled.problems.map(({ message }) => message).join('; '), {
            mend: 'write field|modifier: value, as in a Sigma rule',
          })
        }
        const until = new Date(now() + request.for).toISOString()
        const id = `silence-${digest(JSON.stringify(request), until).slice(0, 8)}`
        const { match, rules, owner, reason } = request
        const file = join(site, 'silences', 'silences.yaml')
        await append(file, [{ id, owner, reason, until, ...(rules === undefined ? {} : { rules }), match }])
        store.audit(actor, 'silence.add', { id, until, match, rules, owner, reason }, now())
        await reload()
        return id
      }),
    adopt: (request, actor) =>
      inTurn(async () => {
        const entries = posture(store).filter(({ id, status }) =>
          request.alerts === undefined ? status === 'open' : request.alerts.includes(id),
        )
        const filters = entries.flatMap((alert) => {
          const match = identityMatch(alert.entity)
          if (match === undefined) return []
          const { expires, owner, reason } = request
          return [
            { id: `adopted-${alert.id.slice(0, 8)}`, owner, reason, expires, rules: [alert.rule.id], match },
          ]
        })
        if (filters.length > 0) await append(join(site, 'filters', 'adopted.yaml'), filters)
        for (const { id } of entries)
          store.closeAlert(id, 'benign', `adopted until ${request.expires}: ${request.reason}`, actor, now())
        store.audit(actor, 'posture.adopt', { filters: filters.map(({ id }) => id), ...request }, now())
        await reload()
        return filters.length
      }),
    retryNotification(id, actor) {
      if (!store.retryNotification(id, actor, now())) throw notDead(store, id)
      const sink = store.notification(id)?.sink
      if (sink !== undefined) retried?.(sink)
    },
    async retrySink(sink, actor) {
      const at = now()
      let rows = 0
      for (;;) {
        const more = store.retrySink(sink, actor, at)
        if (more === 0) break
        rows += more
        // Alerts wait for the end of one part, not of all.
        await setImmediate()
      }
      if (rows === 0) {
        throw new UserError(`no dead notifications of a sink ${sink}`, {
          mend: "see 'tallyman notify list --state dead'",
        })
      }
      retried?.(sink)
      return rows
    },
    dismissNotification(id, actor) {
      if (!store.dismissNotification(id, actor, now())) throw notDead(store, id)
    },
  }
}

function notDead(store: Store, id: number): UserError {
  const known = store.notification(id)
  const message =
    known === undefined ? `no notification ${id}` : `notification ${id} is ${known.state}, not dead`
  return new UserError(message, { mend: "see 'tallyman notify list --state dead'" })
}

function posture(store: Store): readonly Alert[] {
  const found: Alert[] = []
  let after: string | undefined
  do {
    const page = store.alerts({ posture: true, limit: 500, ...(after === undefined ? {} : { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

/** Adds to a list in a file, whatever its style, keeping its comments. Throws a UserError where it is no list. */
async function append(file: string, entries: readonly object[]): Promise<void> {
  const before = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return ''
    throw new UserError(`cannot be read: ${cause.message}`, {
      file,
      cause,
      mend: 'make it a file that this user can read',
    })
  })
  const document = parseDocument(before)
  document.contents ??= document.createNode([]) as unknown as typeof document.contents
  if (document.errors.length > 0 || !isSeq(document.contents)) {
    throw new UserError('the file is not a list', { file, mend: 'write its entries as a YAML list' })
  }
  document.contents.flow = false
  const list: YAMLSeq = document.contents
  for (const entry of entries) list.add(document.createNode(entry))
  await mkdir(dirname(file), { recursive: true, mode: 0o750 })
  await writeFile(`${file}.new`, document.toString(), { mode: 0o640 })
  await rename(`${file}.new`, file)
}

/** Whether a match says anything: every item of it could hold on every event. */
function saysNothing(match: Readonly<Record<string, unknown>>): boolean {
  const isWide = (value: unknown): boolean =>
    Array.isArray(value)
      ? value.some(isWide)
      : value === null || (typeof value === 'string' && /^\**$/.test(value))
  return Object.values(match).every(isWide)
}
