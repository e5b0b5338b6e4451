import { EXIT, type Exit } from './exit.ts'
import { narrate, safe, type Output } from './output.ts'

export interface SensorWords {
  readonly out: string
  readonly host: boolean
  readonly bpftrace: string
  /** MiB. */
  readonly fileSize: number
  readonly disk: number
  /** Seconds. */
  readonly containers: number
}

const MIB = 1024 * 1024

/** Runs the sensor until it is told to stop (SIGINT, SIGTERM) or bpftrace ends. */
export async function sensor(
  { out, host, bpftrace, fileSize, disk, containers }: SensorWords,
  output: Output,
): Promise<Exit> {
  const stop = new AbortController()
  const ask = (): void => stop.abort()
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  try {
    const { runSensor } = await import('../sensor/sensor.ts')
    narrate()
    const say = (line: string): void => output.out(`${new Date().toISOString()} ${safe(line)}\n`)
    const sizes = { fileBytes: fileSize * MIB, totalBytes: disk * MIB }
    await runSensor({ folder: out, host, bpftrace, ...sizes, look: containers * 1_000, say }, stop.signal)
    return EXIT.ok
  } finally {
    process.off('SIGINT', ask)
    process.off('SIGTERM', ask)
  }
}
