import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { EXIT, type Exit } from './exit.ts'
import { narrate, safe, type Output } from './output.ts'

export interface AgentWords {
  readonly to: string
  readonly tokenFile?: string
  readonly ca?: string
  readonly plainHttp: boolean
  /** MiB. */
  readonly spool: number
  readonly keepFree: number
  readonly hostRoot?: string
}

const MIB = 1024 * 1024

/** Runs the agent until it is told to stop (SIGINT, SIGTERM), or its inputs end and all of it is sent. */
export async function runsAgent(config: Config, words: AgentWords, output: Output): Promise<Exit> {
  const stop = new AbortController()
  const ask = (): void => stop.abort()
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  try {
    const { runAgent } = await import('../agent/run-agent.ts')
    narrate()
    const { to, tokenFile, ca, plainHttp, spool, keepFree, hostRoot } = words
    await runAgent(
      {
        config,
        to,
        tokenFile: tokenFile ?? join(config.data, 'agent.token'),
        plain: plainHttp,
        spool: spool * MIB,
        keepFree: keepFree * MIB,
        say: (line) => output.out(`${new Date().toISOString()} ${safe(line)}\n`),
        ...(ca !== undefined && { ca }),
        ...(hostRoot !== undefined && { hostRoot }),
      },
      stop.signal,
    )
    return EXIT.ok
  } finally {
    process.off('SIGINT', ask)
    process.off('SIGTERM', ask)
  }
}
