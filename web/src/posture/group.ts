import type { Alert, Level, Resource } from '../api/types.ts'
import { bySeverity } from '../level/level.ts'

/** One container, or whatever else was there, with all that was found on it. */
export interface PostureEntity {
  readonly key: string
  readonly entity: Resource
  /** The most severe of its findings. */
  readonly level: Level
  /** The most severe first. */
  readonly alerts: readonly Alert[]
}

/** One entity after the other, the most severe first. */
export function groupByEntity(alerts: readonly Alert[]): readonly PostureEntity[] {
  const entities = Map.groupBy(alerts, ({ entity }) => keyOf(entity))
  return [...entities]
    .flatMap(([key, found]): PostureEntity[] => {
      const ordered = found.toSorted((a, b) => bySeverity(a.level, b.level))
      const [first] = ordered
      return first === undefined ? [] : [{ key, entity: first.entity, level: first.level, alerts: ordered }]
    })
    .toSorted((a, b) => bySeverity(a.level, b.level) || b.alerts.length - a.alerts.length)
}

function keyOf(entity: Resource): string {
  const id = entity['container.id']
  return typeof id === 'string' ? id : JSON.stringify(entity)
}
