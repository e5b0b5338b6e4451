import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import { compileRules, type Correlation } from '../sigma/sigma.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { parseStrategy } from '../strategy/parse.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { unheard } from './unheard.ts'

const TEXT = `---
id: s
---
# Effects

## Strategy Abstract
\`\`\`yaml ads:rules
title: an effect
name: effect
logsource: { product: zeek, service: conn }
detection: { s: { A: a }, condition: s }
---
title: a cause
name: cause
logsource: { product: linux, category: network_connection }
detection: { s: { A: a }, condition: s }
---
title: an effect alone
correlation: { type: unexplained, rules: [effect, cause], timespan: 1m }
\`\`\`

## Blind Spots and Assumptions
\`\`\`yaml ads:assume
- { id: A1, claim: connects are told, source: [sensor, tetragon], category: network_connection, max_silence: 1h, on_fail: degraded }
- { id: A2, claim: little is lost, metric: sensor.drop_ratio, max: 0.001, on_fail: degraded }
- { id: A3, claim: flows are told, source: zeek.conn, service: conn, max_silence: 1h, on_fail: blind }
- { id: A4, claim: little is lost, metric: zeek.conn.drop_ratio, max: 0.001, on_fail: degraded }
\`\`\`
`

describe('what may have gone unheard', () => {
  const { strategy } = parseStrategy('s.md', TEXT)
  const { ruleset } = compileRules(strategy.rules, { lists: new Map() })
  const [correlation] = ruleset.correlations as [Correlation]
  let folder: string
  let store: Store
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tallyman-unheard-'))
    store = openStore(join(folder, 'tallyman.db'), { durable: true })
  })
  afterEach(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })

  function isUnheard(
    assumption: string,
    state: 'blind' | 'degraded',
    strategies: readonly Strategy[] = [strategy],
  ): boolean {
    const about = { key: assumption, strategy: 's', assumption, place: '', state, cause: 'c', why: 'w' }
    const intervals = [{ ...about, since: 1_000, until: 2_000 }]
    store.commit(aCommit({ coverage: { rows: [], containers: [], forgotten: [], intervals } }))
    const isBlind = unheard({ store, ruleset: () => ruleset, strategies: () => strategies })
    expect(isBlind(correlation, 2_000, 3_000)).toBe(false)
    return isBlind(correlation, 1_999, 3_000)
  }

  it.each([
    ['A1', 'degraded', true],
    ['A1', 'blind', true],
    ['A2', 'degraded', true],
    ['A3', 'blind', false],
    ['A4', 'degraded', false],
  ] as const)('while %s failed and the strategy was %s: %s', (assumption, state, expected) => {
    expect(isUnheard(assumption, state)).toBe(expected)
  })

  it('is whether the strategy was blind at all, where nothing is assumed of the cause', () => {
    expect(isUnheard('A4', 'degraded', [])).toBe(false)
    expect(isUnheard('A3', 'blind', [])).toBe(true)
  })
})
