import { eventually } from '../daemon.ts'
import { recordsIn } from './sensor.ts'

/** Waits for two more heartbeats: what containers did before this call is in the sensor's files then. */
export async function heartbeats(folder: string): Promise<void> {
  const beats = (): number => recordsIn(folder).filter(({ kind }) => kind === 'heartbeat').length
  const before = beats()
  await eventually(() => (beats() > before + 1 ? true : undefined), 60_000, 'the sensor’s heartbeat')
}
