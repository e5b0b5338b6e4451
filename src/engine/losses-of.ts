import { measuredBy, type Assumption } from '../strategy/strategy.ts'

/** The assumptions that bound what one of these sources may lose. */
export function lossesOf(
  assumptions: readonly Assumption[],
  sources: ReadonlySet<string>,
): readonly Assumption[] {
  return assumptions.filter((one) => {
    const measured = measuredBy(one)
    return measured?.measure === 'drop_ratio' && measured.sources.some((source) => sources.has(source))
  })
}
