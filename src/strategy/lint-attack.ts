import {
  ATTACK_VERSION,
  isNext,
  NEXT_ATTACK_VERSION,
  platformLike,
  platformNamed,
  retiredTactic,
  slugOf,
  successor,
  tacticNamed,
  tacticsOf,
  technique,
} from './attack.ts'
import { readCategorization } from './categorization.ts'
import type { Categorization, Mention } from './categorization.ts'
import { quoted } from './lint-context.ts'
import type { Check, LintContext } from './lint-context.ts'
import type { LintFinding, TechniqueRef } from './strategy.ts'

/** What a document claims of ATT&CK, from front matter and prose alike. */
interface Claims {
  readonly version: string | undefined
  readonly techniques: readonly Mention[]
  readonly tactics: readonly Mention[]
  readonly platforms: readonly Mention[]
  /** Where a finding about the mapping as a whole belongs. */
  readonly line: number
}

/** Categorization against ATT&CK: 010–017, 019. */
export const lintAttack: Check = (context) => {
  const section = context.section('categorization')
  const prose = readCategorization(context.prose.lines(section))
  const claims = claimsOf(context, prose, section?.line ?? 1)
  return [
    ...claims.techniques.flatMap((mention) => inForce(context, mention, claims.version)),
    ...prose.techniques.flatMap((mention) => nameFits(context, mention, claims.version)),
    ...claims.tactics.flatMap((mention) => tacticFits(context, mention, claims)),
    ...claims.platforms.flatMap((mention) => platformFits(context, mention, claims)),
    ...leftOut(context, claims),
    ...pinned(context, claims),
    ...observed(context, claims),
    ...containers(context, claims),
    ...tagged(context, claims),
  ]
}

function claimsOf(context: LintContext, prose: Categorization, heading: number): Claims {
  const { attack } = context.strategy
  const refs = [attack.primary, ...attack.observedAs].filter((ref) => ref !== undefined)
  const front = (pick: (ref: TechniqueRef) => string | undefined, of: readonly TechniqueRef[]) =>
    of.flatMap((ref) => {
      const text = pick(ref)
      return text === undefined ? [] : [mentionIn(context, text)]
    })
  const primary = attack.primary === undefined ? [] : [attack.primary]
  const techniques = refs.length > 0 ? front((ref) => ref.technique, refs) : prose.techniques
  return {
    version: attack.version ?? prose.version,
    techniques,
    tactics: [...front((ref) => ref.tactic, primary), ...prose.tactics],
    platforms: [...front((ref) => ref.platform, primary), ...prose.platforms],
    line: techniques[0]?.line ?? heading,
  }
}

/** Where front matter says it; line 1 where it is not found as written. */
function mentionIn(context: LintContext, text: string): Mention {
  const lines = context.strategy.text.split(/\r\n|\n|\r/)
  const word = new RegExp(`(?<![\\w.-])${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-]|\\.\\d)`)
  const index = lines.findIndex((line) => word.test(line))
  return { text, line: index + 1 || 1, column: index < 0 ? 1 : lines[index]!.search(word) + 1 }
}

function inForce(context: LintContext, mention: Mention, version: string | undefined): LintFinding[] {
  const found = technique(mention.text, version)
  const say = (severity: LintFinding['severity'], message: string, mend: string) => [
    context.finding('ADS010', severity, mention, message, mend),
  ]
  if (found === undefined) {
    const other = isNext(version) ? undefined : technique(mention.text, NEXT_ATTACK_VERSION)
    const where = other === undefined ? '' : `; it is new in version ${NEXT_ATTACK_VERSION}`
    return say(
      context.wrong,
      `ATT&CK ${version ?? ATTACK_VERSION} has no technique ${quoted(mention.text)}${where}`,
      'Correct the id, or the pinned version.',
    )
  }
  if (found.deprecated)
    return say(
      context.wrong,
      `${found.id} ${found.name} is deprecated`,
      'Choose the technique that describes the behaviour today.',
    )
  const today = successor(mention.text, version)
  if (found.revokedBy !== undefined) {
    return say(
      context.wrong,
      `${found.id} ${found.name} is revoked: its successor is ${today?.id} ${today?.name}`,
      `Write ${today?.id}.`,
    )
  }
  const later = successor(mention.text, NEXT_ATTACK_VERSION)
  if (isNext(version) || later === undefined || later.id === found.id) return []
  return say(
    'hint',
    `version ${NEXT_ATTACK_VERSION} revokes ${found.id}: its successor is ${later.id} ${later.name}`,
    `Write ${later.id} when you move to that version.`,
  )
}

function nameFits(
  context: LintContext,
  mention: Categorization['techniques'][number],
  version: string | undefined,
): LintFinding[] {
  const found = technique(mention.text, version)
  if (found === undefined || mention.name === undefined) return []
  const written = slugOf(mention.name)
  const parent = technique(found.id.split('.')[0] ?? '', version)?.name ?? ''
  const right = [found.name, `${parent}: ${found.name}`, `${parent} / ${found.name}`].map(slugOf)
  if (right.includes(written)) return []
  return [
    context.finding(
      'ADS019',
      context.wrong,
      mention,
      `${found.id} is ${quoted(found.name)}, not ${quoted(mention.name)}`,
      'Correct the name or the id.',
    ),
  ]
}

function tacticFits(context: LintContext, mention: Mention, claims: Claims): LintFinding[] {
  const tactic = tacticNamed(mention.text)
  const say = (id: LintFinding['id'], severity: LintFinding['severity'], message: string, mend: string) =>
    context.finding(id, severity, mention, message, mend)
  const known = tacticsOf(claims.version)
  if (tactic === undefined)
    return [
      say(
        'ADS011',
        context.wrong,
        `ATT&CK has no tactic ${quoted(mention.text)}`,
        `Write one of: ${[...known.values()].join(', ')}.`,
      ),
    ]
  const techniques = claims.techniques.flatMap(({ text }) => successor(text, claims.version) ?? [])
  const allowed = new Set(techniques.flatMap((found) => found.tactics))
  const findings: LintFinding[] = []
  const first = techniques[0]
  if (known.has(tactic) && first !== undefined && allowed.size > 0 && !allowed.has(tactic)) {
    findings.push(
      say(
        'ADS011',
        context.wrong,
        `${first.id} ${first.name} has no tactic ${quoted(mention.text)}`,
        `Its tactics are: ${[...allowed].join(', ')}.`,
      ),
    )
  }
  const became = retiredTactic(tactic, first?.id ?? '')
  if (became !== undefined) {
    const severity = isNext(claims.version)
      ? context.wrong
      : claims.version === undefined
        ? 'warning'
        : 'hint'
    findings.push(
      say(
        'ADS013',
        severity,
        `ATT&CK ${NEXT_ATTACK_VERSION} retires the tactic ${quoted(mention.text)}`,
        `There it is: ${became.join(', ')}. Pin the version that you mean.`,
      ),
    )
  } else if (!known.has(tactic)) {
    findings.push(
      say(
        'ADS013',
        context.wrong,
        `the tactic ${quoted(mention.text)} is not yet in ATT&CK ${claims.version ?? ATTACK_VERSION}`,
        `Pin version ${NEXT_ATTACK_VERSION}, or write: ${[...allowed].join(', ')}.`,
      ),
    )
  }
  return findings
}

function platformFits(context: LintContext, mention: Mention, claims: Claims): LintFinding[] {
  const exact = platformNamed(mention.text)
  const like = platformLike(mention.text)
  const found = claims.techniques.flatMap(({ text }) => successor(text, claims.version) ?? [])[0]
  const own = found === undefined || found.platforms.length === 0 ? undefined : found.platforms
  const say = (message: string, mend: string) => [
    context.finding('ADS012', context.wrong, mention, message, mend),
  ]
  if (exact === undefined && like === 'PRE' && !/pre-?compromise/i.test(mention.text)) {
    return say(
      `${quoted(mention.text)}: PRE is ATT&CK’s platform for what happens before a compromise, and nothing else`,
      'Write PRE, and name what your sensors see instead.',
    )
  }
  if (exact === undefined && like !== 'PRE') {
    const mend =
      like === undefined
        ? `${found?.id ?? 'The technique'} has: ${own?.join(', ') ?? 'unknown'}.`
        : `Write ${like}.`
    return say(`ATT&CK has no platform ${quoted(mention.text)}`, mend)
  }
  const platform = exact ?? 'PRE'
  if (own === undefined || found === undefined || own.includes(platform)) return []
  return say(`${found.id} ${found.name} has no platform ${platform}`, `Its platforms are: ${own.join(', ')}.`)
}

/** Leaving out a platform is scoping. */
function leftOut(context: LintContext, claims: Claims): LintFinding[] {
  const named = new Set(claims.platforms.map(({ text }) => platformNamed(text) ?? platformLike(text)))
  const found = claims.techniques.flatMap(({ text }) => successor(text, claims.version) ?? [])[0]
  const first = claims.platforms[0]
  if (context.executable || first === undefined || found === undefined) return []
  const missing = found.platforms.filter((platform) => !named.has(platform))
  if (missing.length === 0 || missing.length === found.platforms.length) return []
  return [
    context.finding(
      'ADS012',
      'hint',
      first,
      `${found.id} also has the platform ${missing.join(', ')}, which is left out`,
      'Say why, or add it.',
    ),
  ]
}

function pinned(context: LintContext, claims: Claims): LintFinding[] {
  if (claims.version !== undefined) return []
  return [
    context.finding(
      'ADS014',
      'warning',
      claims.line,
      'the mapping does not say which version of ATT&CK it was written for',
      `Pin it: attack: { version: "${ATTACK_VERSION}" }.`,
    ),
  ]
}

function observed(context: LintContext, claims: Claims): LintFinding[] {
  const { attack } = context.strategy
  const before = claims.platforms.find(({ text }) => platformLike(text) === 'PRE')
  const primary = claims.techniques[0]
  const only = primary !== undefined && successor(primary.text, claims.version)?.platforms.join() === 'PRE'
  const place = before ?? (only ? primary : undefined)
  if (place === undefined || attack.observedAs.length > 0) return []
  return [
    context.finding(
      'ADS015',
      context.wrong,
      place,
      'a technique on the platform PRE happens where no sensor of yours is, and the document does not name what is observed instead',
      'Name it in front matter: attack.observed_as.',
    ),
  ]
}

function containers(context: LintContext, claims: Claims): LintFinding[] {
  const { strategy } = context
  const goal = context.prose
    .lines(context.section('goal'))
    .map(({ text }) => text)
    .join(' ')
  const scoped = context.executable
    ? strategy.scope.platforms.includes('Containers')
    : /\bcontainer/i.test(`${strategy.title} ${goal}`)
  const known = claims.techniques
    .flatMap(({ text }) => successor(text, claims.version) ?? [])
    .filter((found) => found.platforms.length > 0)
  const first = known[0]
  if (!scoped || first === undefined || known.some((found) => found.platforms.includes('Containers')))
    return []
  return [
    context.finding(
      'ADS016',
      context.executable ? 'hint' : 'warning',
      claims.line,
      `the scope is containers, but ${first.id} ${first.name} has no platform Containers`,
      'Say why it fits, or map to a technique that has the platform.',
    ),
  ]
}

/** Categorization and the tags of the rules tell the same story. */
function tagged(context: LintContext, claims: Claims): LintFinding[] {
  const { attack } = context.strategy
  if (context.rules.length === 0) return []
  const tags = new Set(context.rules.flatMap((rule) => rule.tags.flatMap(techniqueTag)))
  const covers = (id: string) => [...tags].some((tag) => related(tag, id))
  const before = attack.primary?.platform === 'PRE' ? attack.primary.technique : undefined
  const silent = claims.techniques
    .filter(({ text }) => text !== before && !covers(text))
    .map((mention) =>
      context.finding(
        'ADS017',
        'warning',
        mention,
        `no rule is tagged with ${mention.text}`,
        `Tag the rule that detects it: attack.${mention.text.toLowerCase()}.`,
      ),
    )
  const extra = context.rules.flatMap((rule) =>
    rule.tags
      .flatMap(techniqueTag)
      .filter((id) => !claims.techniques.some(({ text }) => related(text, id)))
      .map((id) =>
        context.finding(
          'ADS017',
          'hint',
          rule.line,
          `the rule ${quoted(rule.title)} is tagged ${id}, which the categorization does not name`,
          'Add it to attack.observed_as, or drop the tag.',
        ),
      ),
  )
  const wrong = context.rules.flatMap((rule) =>
    rule.tags
      .flatMap(techniqueTag)
      .flatMap((id) => inForce(context, { text: id, line: rule.line, column: 1 }, claims.version)),
  )
  return [...silent, ...extra, ...wrong.filter(({ severity }) => severity !== 'hint')]
}

function techniqueTag(tag: string): string[] {
  const id = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]
  return id === undefined ? [] : [id.toUpperCase()]
}

function related(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}
