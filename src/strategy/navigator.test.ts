import { expect, it } from 'vitest'
import { z } from 'zod'
import { navigatorLayer, type LayerStrategy } from './navigator.ts'

/** What the format's description has, and nothing else: layers/LAYERFORMATv4_5.md of mitre-attack/attack-navigator. */
const metadata = z.array(
  z.union([
    z.strictObject({ name: z.string(), value: z.string() }),
    z.strictObject({ divider: z.boolean() }),
  ]),
)
const links = z.array(
  z.union([z.strictObject({ label: z.string(), url: z.url() }), z.strictObject({ divider: z.boolean() })]),
)
const color = z.string().regex(/^#[0-9a-f]{6}$/i)
const format = z.strictObject({
  versions: z.strictObject({
    attack: z.string().regex(/^\d+$/).optional(),
    navigator: z.string().regex(/^(?:4\.9|[5-9])\./),
    layer: z.literal('4.5'),
  }),
  name: z.string().min(1),
  description: z.string().optional(),
  domain: z.enum(['enterprise-attack', 'mobile-attack', 'ics-attack']),
  filters: z.strictObject({ platforms: z.array(z.string()) }).optional(),
  sorting: z.int().min(0).max(3).optional(),
  layout: z.looseObject({}).optional(),
  hideDisabled: z.boolean().optional(),
  techniques: z
    .array(
      z.strictObject({
        techniqueID: z.string().regex(/^T\d{4}(?:\.\d{3})?$/),
        tactic: z.string().optional(),
        comment: z.string().optional(),
        enabled: z.boolean().optional(),
        score: z.number().optional(),
        color: color.optional(),
        metadata: metadata.optional(),
        links: links.optional(),
        showSubtechniques: z.boolean().optional(),
      }),
    )
    .optional(),
  gradient: z
    .strictObject({ colors: z.array(color).min(2), minValue: z.number(), maxValue: z.number() })
    .refine(({ minValue, maxValue }) => maxValue > minValue)
    .optional(),
  legendItems: z.array(z.strictObject({ label: z.string(), color })).optional(),
  metadata: metadata.optional(),
  links: links.optional(),
})

function strategy(
  id: string,
  more: Partial<LayerStrategy>,
  observed: readonly string[] = ['T1610'],
): LayerStrategy {
  const attack = {
    version: '18.1',
    primary: { technique: 'T1600', platform: 'PRE' },
    observedAs: observed.map((technique) => ({ technique })),
  }
  return { strategy: { id, title: id, attack }, level: 'L3', state: 'covered', ...more }
}

const OF = { description: 'now' }

it('is what the Navigator reads', () => {
  const layer = navigatorLayer([strategy('a', {}), strategy('b', { state: 'blind' }, ['T1552.004'])], OF)
  expect(format.parse(JSON.parse(JSON.stringify(layer)))).toEqual(layer)
  expect(layer.versions.attack).toBe('18')
})

it('scores a technique by the best strategy that sees, and nothing where all are blind', () => {
  const of = (...strategies: readonly LayerStrategy[]) => navigatorLayer(strategies, OF).techniques[0]?.score
  expect(of(strategy('a', { level: 'L2' }), strategy('b', {}))).toBe(3)
  expect(of(strategy('a', { level: 'L2' }), strategy('b', { state: 'blind' }))).toBe(2)
  expect(of(strategy('b', { state: 'blind' }))).toBe(0)
  expect(of(strategy('b', { state: 'degraded' }))).toBe(3)
  expect(of(strategy('b', { level: undefined }))).toBeUndefined()
})

it('counts what is observed, and the technique itself only where nothing else is', () => {
  const ids = (observed: readonly string[]) =>
    navigatorLayer([strategy('a', {}, observed)], OF).techniques.map(({ techniqueID }) => techniqueID)
  expect(ids(['T1610', 'T1611', 'T1610'])).toEqual(['T1610', 'T1611'])
  expect(ids([])).toEqual(['T1600'])
})
