import { loadDetection, type Detection } from '../detection.ts'
import { baselineWords, correlationWords, type LoadedRule } from '../sigma/sigma.ts'
import { UserError } from '../domain/errors.ts'
import { EXIT, type Exit } from './exit.ts'
import { printJson, safe, table, type Output } from './output.ts'
import { levelOfStrategy } from '../level-of-strategy.ts'

/** The documents with their level, technique and rules. */
export async function listStrategies(folder: string, json: boolean, output: Output): Promise<Exit> {
  const detection = await documentsAlone(folder)
  const rows = await Promise.all(
    detection.strategies.map(async (strategy) => {
      const { level, missing } = await levelOfStrategy(
        strategy,
        detection.strategies.filter((other) => other !== strategy),
        Date.now(),
      )
      const rules = detection.ruleset.rules.filter((rule) => rule.strategy === strategy.id).length
      return {
        id: strategy.id,
        title: strategy.title,
        status: strategy.status,
        level,
        missing,
        technique: strategy.attack.primary?.technique,
        rules,
      }
    }),
  )
  if (json || !output.terminal) for (const row of rows) printJson(output, row)
  else {
    output.out(
      table(
        ['ID', 'LEVEL', 'STATUS', 'TECHNIQUE', 'RULES', 'NEXT LEVEL NEEDS'],
        rows.map((row) => [
          row.id,
          row.level ?? 'none',
          row.status ?? '',
          row.technique ?? '',
          String(row.rules),
          row.missing[0] ?? '',
        ]),
      ),
    )
  }
  return EXIT.ok
}

/** One document: its sections, rules and response steps. */
export async function showStrategy(folder: string, id: string, json: boolean, output: Output): Promise<Exit> {
  const detection = await documentsAlone(folder)
  const strategy = detection.strategies.find((each) => each.id === id)
  if (strategy === undefined) {
    throw new UserError(`no strategy ${id}`, {
      file: folder,
      mend: `one of ${detection.strategies.map((each) => each.id).join(', ')}`,
    })
  }
  const rules = detection.ruleset.rules.filter((rule) => rule.strategy === id)
  const { level, missing } = await levelOfStrategy(
    strategy,
    detection.strategies.filter((other) => other !== strategy),
    Date.now(),
  )
  if (json || !output.terminal) {
    const { text: _text, blocks: _blocks, ...told } = strategy
    printJson(output, { ...told, level, missing, rules })
    return EXIT.ok
  }
  output.out(
    `${safe(strategy.title)}\n${strategy.file}, ${level ?? 'no level'}, ${strategy.status ?? 'no status'}, version ${strategy.version ?? '?'}\n`,
  )
  for (const need of missing) output.out(`  next level needs: ${safe(need)}\n`)
  output.out(
    `\n${table(
      ['RULE', 'LEVEL', 'LOG SOURCE', 'LISTS'],
      rules.map((rule) => [
        rule.title,
        rule.signalOf === undefined ? rule.level : 'signal',
        whatOf(rule),
        rule.lists.join(', '),
      ]),
    )}`,
  )
  output.out(
    `\n${table(
      ['STEP', 'STAGE', 'DO', 'TEXT'],
      strategy.playbook.map((step) => [step.id, step.stage, step.do, step.text ?? '']),
    )}`,
  )
  return EXIT.ok
}

/** The documents by themselves: no site changes what they say. */
function documentsAlone(folder: string): Promise<Detection> {
  return loadDetection({ strategies: folder, rules: [], site: undefined, zone: 'UTC', now: Date.now })
}

function whatOf({ correlation, baseline, logsource }: LoadedRule): string {
  if (correlation !== undefined) return correlationWords(correlation)
  return baseline === undefined ? Object.values(logsource).join('/') : baselineWords(baseline)
}
