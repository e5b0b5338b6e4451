const PREFIX = 'kubernetes:'

/**
 * The stream of a part of a cluster's objects. Only the input that asks the API server names a stream so: what stands
 * in it is the API server's own word, and what the input adds. `input`: its name, which holds no colon.
 */
export function clusterStream(input: string, part: number): string {
  return `${PREFIX}${input}:${part}`
}

/** Whether a stream is an API server's own. */
export function isClusterStream(stream: string): boolean {
  return stream.startsWith(PREFIX)
}
