import type { ContainerLook } from '../domain/container-look.ts'
import type { Event, EventLogsource, SourceName } from '../domain/event.ts'

/** Of what views of a machine's containers tell, and of the looks that it is found by. */
export const CONTAINER_VIEW: EventLogsource = Object.freeze({ category: 'container_view' })

/** That somebody looked, for whoever counts what arrives. No rule is asked about it. */
export function lookEvent({ host, time, view }: ContainerLook, source: SourceName): Event {
  return {
    id: '',
    time,
    source,
    logsource: CONTAINER_VIEW,
    resource: { 'host.name': host },
    record: { 'view.seen_by': [view] },
    mapping: {},
  }
}
