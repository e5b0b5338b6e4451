import { describe, expect, it } from 'vitest'
import { rulesOfStrategies, strategies } from '../scripts/content-page.ts'

/**
 * By what an analytic looks for, one that ships, and of each way to teach it something wrong the entry of its document
 * that shows what comes of it: a test that fires (TP-…), or a known miss (P-…). The documents' own run shows that they do.
 */
const WAYS = ['ramp', 'look-alike', 'during-learning'] as const
const KINDS: Readonly<Record<string, Readonly<Record<(typeof WAYS)[number], string>>>> = {
  new_value: {
    ramp: 'TP-poison-address-new-ramp',
    'look-alike': 'TP-poison-image-new-look-alike',
    'during-learning': 'P-address-new-during-learning',
  },
  rare_value: {
    ramp: 'TP-poison-program-rare-ramp',
    'look-alike': 'TP-poison-program-rare-look-alike',
    'during-learning': 'P-program-rare-during-learning',
  },
  spike: {
    ramp: 'P-upload-spike-ramp',
    'look-alike': 'P-upload-spike-look-alike',
    'during-learning': 'P-upload-spike-during-learning',
  },
  change: {
    ramp: 'TP-poison-tls-version-fell-ramp',
    'look-alike': 'P-tls-version-fell-look-alike',
    'during-learning': 'P-tls-version-fell-during-learning',
  },
  // what stays away is told by numbers that fall: no document waits for a single event
  'spike below': {
    ramp: 'TP-poison-sensor-quiet-ramp',
    'look-alike': 'TP-poison-sensor-quiet-look-alike',
    'during-learning': 'P-sensor-quiet-during-learning',
  },
  risk: {
    ramp: 'P-small-findings-add-up-ramp',
    'look-alike': 'P-small-findings-add-up-look-alike',
    'during-learning': 'P-small-findings-add-up-during-learning',
  },
}

const cells = Object.entries(KINDS).flatMap(([kind, ways]) =>
  WAYS.map((way) => [kind, way, ways[way]] as const),
)

/** What an analytic is, as the table names it. */
function kindOf(name: string): string | undefined {
  const rule = rulesOfStrategies.find((each) => each.name === name || each.id === name)
  if (rule?.correlation?.type === 'risk') return 'risk'
  const test = rule?.baseline?.test
  return test?.type === 'spike' && test.direction === 'below' ? 'spike below' : test?.type
}

describe('who teaches an analytic something wrong', () => {
  it.each(cells)('%s, %s: is found, or known to be missed, by %s', (kind, _way, id) => {
    const found = strategies.flatMap(({ tests }) => tests).filter((test) => test.id === id)
    expect(found).toHaveLength(1)
    const [entry] = found
    expect(kindOf(entry?.rule ?? '')).toBe(kind)
    expect([entry?.kind, entry?.expect]).toEqual(id.startsWith('TP-') ? ['test', 'fire'] : ['miss', 'silent'])
  })

  it('is asked of every kind of analytic that ships', () => {
    const learning = rulesOfStrategies.filter(
      ({ baseline, correlation }) => baseline !== undefined || correlation?.type === 'risk',
    )
    expect(new Set(learning.map(({ id }) => kindOf(id)))).toEqual(new Set(Object.keys(KINDS)))
  })
})
