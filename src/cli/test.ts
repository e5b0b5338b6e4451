import { UserError } from '../domain/errors.ts'
import { loadStrategies } from '../strategy/load.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { EXIT, type Exit } from './exit.ts'
import { testResults } from '../level-of-strategy.ts'
import { count, printJson, safe, type Output } from './output.ts'

/** Runs the tests in the documents; exits 1 where one fails. */
export async function testStrategies(
  ids: readonly string[],
  options: { readonly strategies: string; readonly json: boolean },
  output: Output,
): Promise<Exit> {
  const { strategies } = await loadStrategies(options.strategies)
  const chosen = ids.length === 0 ? strategies : ids.map((id) => find(id, strategies, options.strategies))
  let [passed, failed] = [0, 0]
  for (const strategy of chosen) {
    for (const result of await testResults(strategy)) {
      if (result.pass) passed += 1
      else failed += 1
      if (options.json || !output.terminal) printJson(output, { strategy: strategy.id, ...result })
      else if (!result.pass)
        output.out(
          `${safe(strategy.file)}:${result.line}: ${safe(result.id)} failed: ${safe(result.message)}\n`,
        )
    }
  }
  output.err(
    `${count(chosen.length, 'strategy').replace(/strategys$/, 'strategies')}: ${passed} passed, ${failed} failed\n`,
  )
  return failed > 0 || passed + failed === 0 ? EXIT.findings : EXIT.ok
}

function find(id: string, strategies: readonly Strategy[], folder: string): Strategy {
  const found = strategies.find((strategy) => strategy.id === id)
  if (found === undefined)
    throw new UserError(`no strategy ${id}`, {
      file: folder,
      mend: `one of ${strategies.map((each) => each.id).join(', ')}`,
    })
  return found
}
