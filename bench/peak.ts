import { writeFileSync } from 'node:fs'
import { main } from '../src/cli/main.ts'

/**
 * Runs one command line in this process, and writes its peak memory (MB) and processor time (s, of all threads) to
 * file descriptor 3 when it is done.
 */
process.exitCode = await main(process.argv.slice(2))
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
writeFileSync(3, `${Math.round(maxRSS / 1024)} ${(userCPUTime + systemCPUTime) / 1e6}`)
