import { dockerEvents } from './docker-events.ts'
import { dockerInspect } from './docker-inspect.ts'
import { falco } from './falco.ts'
import { kubernetesAudit } from './kubernetes-audit.ts'
import { sensor } from './sensor.ts'

/** Every source that Tallyman reads. */
export const sources = [kubernetesAudit, dockerEvents, dockerInspect, falco, sensor] as const

export { describesContainers } from './docker-inspect.ts'
export { createStreamDecoder } from './stream.ts'
