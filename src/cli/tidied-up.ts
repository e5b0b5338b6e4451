import { rmSync } from 'node:fs'

const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Does work; a signal that ends the process meanwhile removes the folder before it does. */
export async function tidiedUp<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const end = (signal: NodeJS.Signals): void => {
    for (const ending of ENDINGS) process.off(ending, end)
    try {
      rmSync(folder, { recursive: true, force: true })
    } finally {
      process.kill(process.pid, signal)
    }
  }
  for (const ending of ENDINGS) process.on(ending, end)
  try {
    return await work()
  } finally {
    for (const ending of ENDINGS) process.off(ending, end)
  }
}
