/** Where lines are written: one stream a producer, as files and engines are. */
export const STREAMS = {
  audit: 'audit.log',
  tetragon: 'tetragon.log',
  conn: 'conn.log',
  ssl: 'ssl.log',
  dns: 'dns.log',
  cadvisor: 'cadvisor.prom',
  stats: 'docker-stats.ndjson',
} as const

/** The stream of a machine's Docker Engine: the word of the engine itself, as the input that asks it names it. */
export function engineStreamOf(host: string): string {
  return `docker:docker:${host}`
}
