import { dockerEvents } from './docker-events.ts'
import { dockerInspect } from './docker-inspect.ts'
import { falco } from './falco.ts'
import { kubernetesAudit } from './kubernetes-audit.ts'
import { sensor } from './sensor.ts'
import { tetragon } from './tetragon.ts'
import { zeekConn } from './zeek-conn.ts'
import { zeekSsl } from './zeek-ssl.ts'
import { zeekX509 } from './zeek-x509.ts'

/** Every source that Tallyman reads. */
export const sources = [
  kubernetesAudit,
  dockerEvents,
  dockerInspect,
  falco,
  sensor,
  tetragon,
  zeekConn,
  zeekSsl,
  zeekX509,
] as const

export { describesContainers } from './docker-inspect.ts'
export { createStreamDecoder } from './stream.ts'
