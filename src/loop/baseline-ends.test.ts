import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { HISTORY_RULES, HISTORY_TITLES, historyLines, seeded } from '../../test/baseline-history.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { countsIn, foundIn, inputOf, rulesetOf, runOver } from './handed-on.testing.ts'

const START = Date.UTC(2026, 10, 2)
const HOUR = 3_600_000
const now = (): number => START

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tallyman-baseline-ends-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const open = (name: string): Store => openStore(join(folder, name), { durable: true })

describe('what baselines learned', () => {
  it('is gone on with from a store of the schema before, as if it had always been this one', async () => {
    const ruleset = rulesetOf(HISTORY_RULES)
    const lines = historyLines(START, 3_000)
    const whole = open('whole.db')
    await runOver(inputOf([{ lines }]), { store: whole, now, ruleset })
    expect(Object.keys(countsIn(whole)).sort()).toEqual(HISTORY_TITLES)

    // made by the code of schema 20 of three fifths of the same lines
    const old = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/baselines-schema-20.db.gz')))
    writeFileSync(join(folder, 'old.db'), old)
    const migrated = open('old.db')
    const before = countsIn(migrated)
    expect(migrated.baselineCounts().reduce((sum, { keys }) => sum + keys, 0)).toBe(24)
    const rest = lines.slice(Math.floor(lines.length * 0.6))
    await runOver(afterHistory(rest), { store: migrated, now, ruleset })
    expect(before['new name']).toBeGreaterThan(0)
    expect(before['new name']).toBeLessThan(countsIn(migrated)['new name'] ?? 0)
    expect(foundIn(migrated)).toEqual(foundIn(whole))
    for (const store of [whole, migrated]) store.close()
  }, 60_000)

  it('tells the same of a round of many steps, whichever of its commits is the last before a kill', async () => {
    const ruleset = rulesetOf(MANY_KEYS)
    const lines = manyKeys()
    const whole = open('unkilled.db')
    await runOver(inputOf([{ lines }]), { store: whole, now, ruleset })
    // three keys share a pod
    expect(countsIn(whole)).toEqual({ 'new name': KEYS / 3 })
    const random = seeded(5)
    for (let run = 0; run < 2; run += 1) {
      const name = `killed-${run}.db`
      for (let isOver = false; !isOver;)
        isOver = await killedAfter(1 + Math.floor(random() * 5), open(name), { lines, ruleset })
      const store = open(name)
      expect(foundIn(store)).toEqual(foundIn(whole))
      expect(store.keptTold(1)).toEqual([])
      store.close()
    }
    whole.close()
  }, 60_000)
})

/** The input of the fixture, whose first stream is committed. */
function afterHistory(rest: readonly string[]): ReturnType<typeof inputOf> {
  return {
    ...inputOf([]),
    async *read(resume) {
      expect(resume.offset('history-0')).toBeGreaterThan(0)
      const bytes = Buffer.from(rest.map((line) => `${line}\n`).join(''))
      yield { chunks: [{ stream: 'history-1', offset: 0, bytes, end: true }], findings: [], unreadable: [] }
    },
  }
}

const KEYS = 1_200
const MANY_KEYS = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, learn: 2h, min-samples: 1, min-days: 1, alert: true}
`

/** Each key learns one name and has another within one hour; each pod is shared by three keys. */
function manyKeys(): readonly string[] {
  const random = seeded(3)
  return [0, 6].flatMap((hour) =>
    Array.from({ length: KEYS }, (_, key) =>
      podCreated({
        name: hour === 0 ? 'usual' : `strange-${key % (KEYS / 3)}`,
        user: `user-${key}`,
        auditID: `audit-${hour}-${key}`,
        time: START + hour * HOUR + Math.floor((random() * HOUR) / 1_000) * 1_000,
      }),
    ),
  )
}

/** Whether it came to its end before so many commits. */
async function killedAfter(
  commits: number,
  store: Store,
  { lines, ruleset }: { readonly lines: readonly string[]; readonly ruleset: Ruleset },
): Promise<boolean> {
  let left = commits
  const mortal: Store = {
    ...store,
    commit(batch) {
      if (left === 0) throw new Error('killed')
      left -= 1
      store.commit(batch)
    },
  }
  try {
    await runOver(inputOf([{ lines }]), { store: mortal, now, ruleset })
    return true
  } catch (cause) {
    expect((cause as Error).message).toBe('killed')
    return false
  } finally {
    store.close()
  }
}
