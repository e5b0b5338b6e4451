import { startDocker, type DockerEngine } from '../test/real/engine.ts'

/** Where the story of the tour is played: a real engine, and short words for what is done with it. */
export interface Stage {
  readonly docker: DockerEngine
  /** `docker run`, in the background; the container's id. */
  readonly start: (
    name: string,
    options: readonly string[],
    image: string,
    ...command: readonly string[]
  ) => Promise<string>
  /** `docker run --rm` to its end. */
  readonly once: (options: readonly string[], image: string, ...command: readonly string[]) => Promise<void>
  /** `docker exec`; what the command itself makes of it does not matter. */
  readonly inside: (name: string, ...command: readonly string[]) => Promise<void>
  /** `docker` with other words. */
  readonly do: (...words: readonly string[]) => Promise<void>
  /** An audit record, as an API server would write it now. */
  readonly audit: (record: Readonly<Record<string, unknown>>) => void
}

/** Images of the story: busybox and programs of the machine under the names that a shop would use. */
export const IMAGES = {
  nginx: ['registry.example/shop/nginx:1.27', 'openssl', 'curl'],
  api: ['registry.example/shop/api:2.4.1', 'openssl', 'curl'],
  db: ['registry.example/library/postgres:16'],
  cache: ['registry.example/library/redis:7'],
  tools: ['registry.example/shop/build:8'],
  stranger: ['docker.io/somebody/utils:latest', 'openssl', 'curl', 'iptables'],
} as const

export async function openStage(
  dataRoot: string,
  audit: Stage['audit'],
): Promise<{ readonly stage: Stage; readonly close: () => Promise<void> }> {
  const docker = await startDocker({ dataRoot })
  for (const [name, ...programs] of Object.values(IMAGES)) await docker.image(name, ...programs)
  const words = async (...args: readonly string[]): Promise<void> => {
    await docker.docker(...args).catch((cause: unknown) => {
      process.stderr.write(`docker ${args.join(' ')}: ${String(cause)}\n`)
    })
  }
  const stage: Stage = {
    docker,
    start: async (name, options, image, ...command) =>
      (await docker.docker('run', '-d', '--name', name, ...options, image, ...command)).trim(),
    once: (options, image, ...command) => words('run', '--rm', ...options, image, ...command),
    inside: (name, ...command) => words('exec', name, ...command),
    do: words,
    audit,
  }
  return { stage, close: () => docker.stop() }
}
