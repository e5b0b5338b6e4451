import facts from './attack-facts.json' with { type: 'json' }

/** What MITRE ATT&CK says about one technique in one version of it. See NOTICE for its licence. */
export interface Technique {
  readonly id: string
  readonly name: string
  /** Short names: `defense-evasion`. Empty where this table does not know them. */
  readonly tactics: readonly string[]
  /** Empty where this table does not know them. */
  readonly platforms: readonly string[]
  readonly deprecated: boolean
  /** The technique that replaced it. */
  readonly revokedBy: string | undefined
}

/** The version whose facts are complete, and the one after it of which the changes are known. */
export const ATTACK_VERSION: string = facts.version
export const NEXT_ATTACK_VERSION: string = facts.next.version

const DEFENSE_EVASION = 'defense-evasion'
const next = {
  revokedBy: new Map(Object.entries(facts.next.revokedBy)),
  names: new Map(Object.entries({ ...facts.next.newTechniques, ...facts.next.renamed })),
  added: new Map(Object.entries(facts.next.newTechniques)),
  gained: [
    ['stealth', new Set(facts.next.stealth)],
    ['defense-impairment', new Set(facts.next['defense-impairment'])],
    ['execution', new Set(facts.next.execution)],
  ] as const,
}

const current = new Map(facts.techniques.map((row) => [row[0], fromRow(row)]))
const newer = new Map([...current.values()].map((technique) => [technique.id, inNext(technique)] as const))
for (const [id, name] of next.added) newer.set(id, added(id, name))

const currentTactics = new Map(facts.tactics.map(([id, name]) => [id ?? '', name ?? '']))
const newerTactics = new Map([...currentTactics].filter(([id]) => id !== DEFENSE_EVASION))
for (const tactic of facts.next.tactics) newerTactics.set(tactic.shortname, tactic.name)

/** All platform names of ATT&CK. */
export const PLATFORMS: readonly string[] = [
  ...new Set(
    [...current.values()]
      .filter((technique) => technique.revokedBy === undefined)
      .flatMap((technique) => technique.platforms),
  ),
].sort()

/** Whether `version` (as a document pins it) is one after the version whose facts are complete. */
export function isNext(version: string | undefined): boolean {
  const major = Number.parseInt(version ?? '', 10)
  return major >= Number.parseInt(NEXT_ATTACK_VERSION, 10)
}

/** The technique as `version` has it; without a version, as the last complete one has it. */
export function technique(id: string, version?: string): Technique | undefined {
  return (isNext(version) ? newer : current).get(id)
}

/** The technique in force that a revoked one led to, through any number of revocations; itself where it is in force. */
export function successor(id: string, version?: string): Technique | undefined {
  const seen = new Set<string>()
  let found = technique(id, version)
  while (found?.revokedBy !== undefined && !seen.has(found.id)) {
    seen.add(found.id)
    found = technique(found.revokedBy, version)
  }
  return found
}

/** Tactics of a version: short name → name. */
export function tacticsOf(version?: string): ReadonlyMap<string, string> {
  return isNext(version) ? newerTactics : currentTactics
}

/** Short name of a tactic that a person wrote, in any version: `Defense Evasion`, `defence-evasion`, `TA0005` not. */
export function tacticNamed(text: string): string | undefined {
  const slug = slugOf(text).replace('defence', 'defense')
  return currentTactics.has(slug) || newerTactics.has(slug) ? slug : undefined
}

/** What a tactic that is gone in the newer version became, for this technique: its tactics there. */
export function retiredTactic(tactic: string, id: string): readonly string[] | undefined {
  if (!currentTactics.has(tactic) || newerTactics.has(tactic)) return undefined
  const after = successor(id, NEXT_ATTACK_VERSION)?.tactics ?? []
  return after.length > 0 ? after : facts.next.tactics.map((renamed) => renamed.shortname)
}

/** The platform that a person meant: exact, or `undefined`. */
export function platformNamed(text: string): string | undefined {
  return PLATFORMS.find((platform) => slugOf(platform) === slugOf(text))
}

/** A platform of ATT&CK that looks like what was written: `Network` → `Network Devices`. */
export function platformLike(text: string): string | undefined {
  const slug = slugOf(text)
  const exact = PLATFORMS.find((platform) => new RegExp(`^${slugOf(platform)}\\b`).test(slug))
  return exact ?? PLATFORMS.find((platform) => slug.length > 2 && slugOf(platform).startsWith(slug))
}

export function slugOf(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

function fromRow(row: readonly string[]): Technique {
  const [id = '', name = '', tactics = '', platforms = '', end] = row
  const deprecated = end === 'deprecated'
  return {
    id,
    name,
    tactics: split(tactics),
    platforms: split(platforms),
    deprecated,
    revokedBy: deprecated ? undefined : end,
  }
}

function inNext(before: Technique): Technique {
  const tactics = before.tactics.filter((tactic) => tactic !== DEFENSE_EVASION)
  return {
    ...before,
    name: next.names.get(before.id) ?? before.name,
    tactics: [...new Set([...tactics, ...gainedBy(before.id)])],
    revokedBy: next.revokedBy.get(before.id) ?? before.revokedBy,
  }
}

function added(id: string, name: string): Technique {
  return { id, name, tactics: gainedBy(id), platforms: [], deprecated: false, revokedBy: undefined }
}

/** Tactic moves are published for parents; sub-techniques share the tactics of theirs. */
function gainedBy(id: string): string[] {
  const parent = id.split('.')[0] ?? id
  return next.gained.filter(([, techniques]) => techniques.has(parent)).map(([tactic]) => tactic)
}

function split(list: string): string[] {
  return list === '' ? [] : list.split(',')
}
