import { writeFileSync } from 'node:fs'
import { main } from '../src/cli/main.ts'

/** Runs one command line in this process, and writes its peak memory (MB) to file descriptor 3 when it is done. */
process.exitCode = await main(process.argv.slice(2))
writeFileSync(3, String(Math.round(process.resourceUsage().maxRSS / 1024)))
