const PREFIX = 'docker:'
const MAX_ENGINE = 128

/**
 * The stream of a container engine. Only the input that asks the engine names a stream so: what stands in it is the
 * engine's own word, and what the input adds. `input`: its name, which holds no colon; `engine`: what the engine
 * calls itself, hostile text.
 */
export function engineStream(input: string, engine: string): string {
  return `${PREFIX}${input}:${engine.slice(0, MAX_ENGINE)}`
}

/** Whether a stream is an engine's own. */
export function isEngineStream(stream: string): boolean {
  return stream.startsWith(PREFIX)
}
