import { platformNamed } from './attack.ts'
import { readCategorization } from './categorization.ts'
import { commandFaults, isCommand } from './commands.ts'
import type { Check, LintContext } from './lint-context.ts'
import type { LintFinding } from './strategy.ts'

/** Commands and steps that people are to run: 054, 055, 056, 059. */
export const lintCommands: Check = (context) => [
  ...commands(context),
  ...emptyExamples(context),
  ...fragments(context),
  ...outsideScope(context),
]

function commands(context: LintContext): LintFinding[] {
  return context.prose.code
    .filter(
      (code) =>
        code.kind !== 'yaml' &&
        (isCommand(code.text) || (code.kind === 'shell' && code.section === 'validation')),
    )
    .flatMap((code) =>
      commandFaults(code.text, context.exists).map((fault) =>
        context.finding(fault.id, severityOf(context, fault.id), code, fault.message, fault.mend),
      ),
    )
}

function severityOf(context: LintContext, id: LintFinding['id']): LintFinding['severity'] {
  return id === 'ADS055' ? context.wrong : 'warning'
}

/** A label that promises commands, with no command below it; a Validation without any. */
function emptyExamples(context: LintContext): LintFinding[] {
  const findings: LintFinding[] = []
  for (const section of context.strategy.sections) {
    const lines = context.prose.lines(section)
    for (const [index, { line, text }] of lines.entries()) {
      if (!/^[\s#*_>-]*(?:example|sample) commands?\b[\s*_:]*$/i.test(text)) continue
      const next =
        lines.slice(index + 1).find((later) => /^\s*(?:#|\*\*|__)/.test(later.text))?.line ?? section.end
      if (context.prose.code.some((code) => code.line > line && code.line < next)) continue
      findings.push(
        context.finding(
          'ADS055',
          'warning',
          line,
          'commands are promised, and none is given',
          'Write each command as it is typed.',
        ),
      )
    }
  }
  const validation = context.section('validation')
  const runs = context.strategy.blocks.some((block) => block.section === 'validation')
  if (
    validation !== undefined &&
    !runs &&
    !context.prose.code.some((code) => code.section === 'validation')
  ) {
    findings.push(
      context.finding(
        'ADS055',
        'warning',
        validation.line,
        'the validation gives no command, so nobody can repeat it',
        'Write each step as it is typed, with the alert that it has to raise.',
      ),
    )
  }
  return findings
}

/** Part of a Compose file among commands: it names no service and no image, and nothing runs it. */
function fragments(context: LintContext): LintFinding[] {
  const yaml = context.prose.code.filter((code) => code.kind === 'yaml')
  return yaml.flatMap((code, index) => {
    const next = yaml[index + 1]
    const mount = next?.line === code.line + 1 && /^-\s*["']?[^\s:]+:\//.test(next.text)
    if (code.text !== 'volumes:' || !mount) return []
    return [
      context.finding(
        'ADS055',
        'warning',
        code,
        'part of a Compose file without a service or an image: nothing can run it',
        'Write a whole command or manifest.',
      ),
    ]
  })
}

const TELLTALE: readonly (readonly [string, RegExp])[] = [
  ['ESXi', /\bESXi\b|\besxcli\b|\bDCUI\b/],
  ['Windows', /\bHKEY_|\bHKLM\b|\bregedit\b|\bpowershell\b|\bcmd\.exe\b/i],
  ['macOS', /\bosascript\b|\bdefaults write\b|\blaunchctl\b/],
  ['Linux', /\bgsettings\b|\bsystemctl\b|\bapt-get\b/],
]

/** The first validation step on each platform that the document leaves out of its scope. */
function outsideScope(context: LintContext): LintFinding[] {
  const { scope } = context.strategy
  const prose = readCategorization(context.prose.lines(context.section('categorization'))).platforms
  const platforms = (scope.platforms.length > 0 ? scope.platforms : prose.map(({ text }) => text)).map(
    platformNamed,
  )
  const known = new Set(platforms.filter((platform) => platform !== undefined && platform !== 'PRE'))
  if (known.size === 0) return []
  // containers run Linux programs
  if (known.has('Containers')) known.add('Linux')
  const lines = context.prose.lines(context.section('validation'))
  return TELLTALE.filter(([platform]) => !known.has(platform)).flatMap(([platform, sign]) => {
    const line = lines.find(({ text }) => sign.test(text))
    if (line === undefined) return []
    return [
      context.finding(
        'ADS056',
        context.wrong,
        line.line,
        `a step runs on ${platform}, which the document’s platforms leave out`,
        `Add ${platform} to the platforms, or drop the step.`,
      ),
    ]
  })
}
