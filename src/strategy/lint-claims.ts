import { endOfDay } from '../domain/day.ts'
import type { Check, LintContext } from './lint-context.ts'
import type { Bullet } from './prose.ts'
import type { LintFinding, Strategy } from './strategy.ts'

/** Goal, blind spots, assumptions, false positives and filters: 018, 030, 031, 040, 042, 043. */
export const lintClaims: Check = (context) => [
  ...sameGoal(context),
  ...blindSpots(context),
  ...falsePositives(context),
  ...filters(context),
]

const STOP = new Set(
  'a an the this that these of to in on at by for with from and or through via aim aims aimed objective goal purpose strategy technique detect detects detection detecting identify identifying use uses using used utilize utilizing utilise utilising is are be when we our it its as ads'.split(
    ' ',
  ),
)
const SAME_GOAL = 0.7

function sameGoal(context: LintContext): LintFinding[] {
  const { strategy, others } = context
  const goal = goalOf(strategy)
  const section = context.section('goal')
  if (section === undefined || goal.size < 3) return []
  const twins = others.filter(
    (other) => other.file !== strategy.file && alike(goal, goalOf(other)) >= SAME_GOAL,
  )
  if (twins.length === 0) return []
  const names = twins
    .slice(0, 5)
    .map((twin) => twin.id)
    .join(', ')
  const line = context.prose.lines(section)[0]?.line ?? section.line
  return [
    context.finding(
      'ADS018',
      'warning',
      line,
      `the same goal stands in ${names}: two documents cannot both be its strategy`,
      'State the one behaviour that this document detects.',
    ),
  ]
}

/** Stems of the words of the goal's first sentence. */
function goalOf(strategy: Strategy): ReadonlySet<string> {
  const text = strategy.sections.find((section) => section.name === 'goal')?.text.trim() ?? ''
  const sentence = /^[^.]{0,600}/.exec(text)?.[0] ?? ''
  const words = sentence.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return new Set(
    words
      .filter((word) => !STOP.has(word))
      .map((word) => word.replace(/(?:ies|ing|ed|(?<!s)es|(?<!s)s)$/, '')),
  )
}

function alike(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length
  return a.size + b.size === 0 ? 0 : shared / (a.size + b.size - shared)
}

function blindSpots(context: LintContext): LintFinding[] {
  const section = context.section('blind-spots')
  if (section === undefined) return []
  const { assumptions, tests } = context.strategy
  const misses = tests.filter((test) => test.kind === 'miss')
  const checked = [...assumptions.map((one) => one.id), ...misses.map((miss) => miss.id)]
  const open = context.prose
    .bullets(section)
    .filter((bullet) => !bullet.label && !names(bullet.text, checked))
  const severity = context.executable ? 'hint' : 'warning'
  const findings = open.map((bullet) =>
    isAssumption(bullet)
      ? context.finding(
          'ADS030',
          severity,
          bullet,
          'an assumption without a check: nobody learns when it stops being true',
          'Add a block ads:assume that measures it, and name its id here.',
        )
      : context.finding(
          'ADS031',
          severity,
          bullet,
          'a blind spot without a miss: nothing shows that it is one',
          'Add a block ads:miss with events that stay silent, and name its id here.',
        ),
  )
  const has = (id: string) => findings.some((finding) => finding.id === id)
  if (assumptions.length === 0 && !has('ADS030')) {
    findings.push(
      context.finding(
        'ADS030',
        'warning',
        section.line,
        'no assumption is checked',
        'Add a block ads:assume: which events have to arrive, with which fields.',
      ),
    )
  }
  if (misses.length === 0 && !has('ADS031')) {
    findings.push(
      context.finding(
        'ADS031',
        'warning',
        section.line,
        'no blind spot is shown by a miss',
        'Add a block ads:miss.',
      ),
    )
  }
  return findings
}

function isAssumption(bullet: Bullet): boolean {
  if (/^blind spots?\b/i.test(bullet.text)) return false
  if (/^(?:the )?(?:assum|relies on|depends on)|\bassumed\b|\bassumes\b/i.test(bullet.text)) return true
  return /assumption/i.test(bullet.under) && !/blind/i.test(bullet.under)
}

function falsePositives(context: LintContext): LintFinding[] {
  const section = context.section('false-positives')
  if (section === undefined) return []
  const ids = context.strategy.filters.map((filter) => filter.id)
  const bullets = context.prose.bullets(section).filter((bullet) => !bullet.label)
  const vague = bullets.filter((bullet) => !names(bullet.text, ids) && !/`[^`]+`/.test(bullet.text))
  const mend = 'Name the field and value by which an analyst or a filter tells it apart.'
  if (bullets.length === 0 && ids.length === 0 && !context.executable) {
    return [
      context.finding(
        'ADS040',
        'warning',
        section.line,
        'no false positive has a discriminating field',
        mend,
      ),
    ]
  }
  return vague.map((bullet) =>
    context.finding('ADS040', 'warning', bullet, 'a false positive without a discriminating field', mend),
  )
}

function filters(context: LintContext): LintFinding[] {
  return context.strategy.filters.flatMap((filter) => {
    const findings: LintFinding[] = []
    const end = endOfDay(filter.expires, context.zone)
    if (end === undefined || end <= context.now) {
      findings.push(
        context.finding(
          'ADS042',
          'warning',
          filter.line,
          `filter ${filter.id} expired on ${filter.expires}: it no longer applies`,
          'Remove it, or look at it again and give it a new date.',
        ),
      )
    }
    if (Object.keys(filter.match).length === 0) {
      findings.push(
        context.finding(
          'ADS043',
          'error',
          filter.line,
          `filter ${filter.id} has an empty match: it would hide whole rules`,
          'Name the field and value that make the activity benign.',
        ),
      )
    }
    return findings
  })
}

function names(text: string, ids: readonly string[]): boolean {
  const words = new Set(text.match(/\w+(?:[.-]\w+)*/g) ?? [])
  return ids.some((id) => words.has(id))
}
