import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { EXIT, report, type Exit } from './exit.ts'
import { safe, standardOutput, type Output } from './output.ts'
import { addSigma } from './sigma-command.ts'
import { addAgent } from './verbs/agents.ts'
import { addBaselines } from './verbs/baselines.ts'
import { addChanges } from './verbs/changes.ts'
import { addDocuments } from './verbs/documents.ts'
import { addScan } from './verbs/hunting.ts'
import { addNotify } from './verbs/notify.ts'
import { addQueue } from './verbs/queue.ts'
import { addStanding } from './verbs/standing.ts'
import { addWatching } from './verbs/watching.ts'
import type { Done } from './verbs/words.ts'

/** Parses the words of a command line, does what they say, returns the exit code. Never throws. */
export async function main(words: readonly string[], output: Output = standardOutput): Promise<Exit> {
  let exit: Exit = EXIT.ok
  const program = createProgram(output, (code) => {
    exit = code
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.user
    return report(error, output)
  }
}

function createProgram(output: Output, done: Done): Command {
  const program = new Command('tallyman')
    .description(
      'Detects adversaries who use containers to get past security monitoring. A strategy is one document whose sections run.',
    )
    .version(VERSION)
    // an option behind a verb is that verb's
    .enablePositionalOptions()
    .exitOverride()
    // it repeats the words that it does not understand
    .configureOutput({
      writeOut: output.out,
      writeErr: (text) => output.err(text.split('\n').map(safe).join('\n')),
    })
    .showHelpAfterError('(see --help)')
  addWatching(program, output, done)
  addAgent(program, output, done)
  addScan(program, output, done)
  addDocuments(program, output, done)
  addQueue(program, output, done)
  addChanges(program, output, done)
  addBaselines(program, output, done)
  addNotify(program, output, done)
  addStanding(program, output, done)
  addSigma(program, output, done)
  return program
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
