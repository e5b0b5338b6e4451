import type { Clause } from './necessary.ts'

/** A field that rules want something of. */
interface Use {
  /** What the same rules cannot do without besides: of which fields it is wanted, and by how many of them. */
  readonly others: Map<string | undefined, number>
  /** So many texts and numbers are looked for in it. */
  atoms: number
  /** Some rule asks for nothing else, or for something else of the same field. */
  alone: boolean
}

/**
 * Fields that need not be looked at before a rule has met its other clause: of each rule that wants something of them,
 * what else it cannot do without is wanted of fields that are looked at in any case. Those are as few as a greedy choice
 * finds: again and again the field that the most rules ask for besides another, of which none is looked at yet; of several
 * the one in which the least is looked for, which is seldom there or cheaply done.
 */
export function deferredFields(rules: readonly (readonly Clause[])[]): readonly string[] {
  const uses = usesOf(rules)
  const eager = new Set<string | undefined>([undefined])
  for (const [field, { alone }] of uses) if (alone) eager.add(field)
  for (;;) {
    let next: { readonly field: string; readonly open: number; readonly atoms: number } | undefined
    for (const [field, { others, atoms }] of uses) {
      if (eager.has(field)) continue
      let open = 0
      for (const [other, times] of others) if (!eager.has(other)) open += times
      if (open > (next?.open ?? 0) || (open > 0 && open === next?.open && atoms < next.atoms))
        next = { field, open, atoms }
    }
    if (next === undefined) return [...uses.keys()].filter((field) => !eager.has(field))
    eager.add(next.field)
  }
}

function usesOf(rules: readonly (readonly Clause[])[]): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>()
  const useOf = (field: string): Use => {
    const use = uses.get(field) ?? { others: new Map<string, number>(), atoms: 0, alone: false }
    uses.set(field, use)
    return use
  }
  for (const clauses of rules) {
    const fields = clauses.map((clause) => new Set(clause.map(({ field }) => field)))
    for (const [place, own] of fields.entries()) {
      const besides = fields[1 - place]
      for (const { field } of clauses[place] ?? []) if (field !== undefined) useOf(field).atoms += 1
      for (const field of own) {
        if (field === undefined) continue
        const use = useOf(field)
        if (besides === undefined || besides.has(field)) use.alone = true
        else for (const other of besides) use.others.set(other, (use.others.get(other) ?? 0) + 1)
      }
    }
  }
  return uses
}
