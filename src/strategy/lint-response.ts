import { endOfDay } from '../domain/day.ts'
import type { Check, LintContext } from './lint-context.ts'
import type { LintFinding, PlaybookStep } from './strategy.ts'

/** Priority, response, references and review: 060, 070–073, 080, 090, 091. */
export const lintResponse: Check = (context) => [
  ...priority(context),
  ...decision(context),
  ...proseOrder(context),
  ...stepOrder(context),
  ...irreversible(context),
  ...impossible(context),
  ...references(context),
  ...review(context),
]

const LEVEL = /\b(?:critical|high|medium|low|informational)\b/i

function priority(context: LintContext): LintFinding[] {
  const section = context.section('priority')
  const { priority } = context.strategy
  if (section === undefined || (priority !== undefined && priority.when.length > 0)) return []
  const lines = context.prose.lines(section)
  const text = lines.map((line) => line.text).join(' ')
  const levels = new Set(text.toLowerCase().match(/\b(?:critical|high|medium|low)\b/g) ?? [])
  const conditions = /\b(?:if|when|where|under|condition|unless)\b/i.test(text)
  if (priority === undefined && levels.size > 1 && conditions) return []
  const line = priority?.line ?? lines.find((candidate) => LEVEL.test(candidate.text))?.line ?? section.line
  return [
    context.finding(
      'ADS060',
      'warning',
      line,
      'one priority for all alerts, without criteria',
      'Say under which observable conditions it is higher or lower: ads:priority, when.',
    ),
  ]
}

const ESCALATION =
  /\bescalat|\bincident response\b|\bnotify\b|\bpage\b|\bhand over\b|\bopen an? (?:incident|investigation)/i
const DECISION =
  /\b(?:if|when) (?:so|not|yes|no|confirmed|benign|malicious|only|anyone|nobody)\b|\botherwise\b|\bclose the\b/i
const STEP_DECIDES = /^(?:ask|decide|escalate|case\.|notify)/

function decision(context: LintContext): LintFinding[] {
  const section = context.section('response')
  if (section === undefined) return []
  const { playbook } = context.strategy
  const steps = playbook.some(
    (step) => STEP_DECIDES.test(step.do) || step['if_yes'] !== undefined || step['if_no'] !== undefined,
  )
  const prose = context.prose.bullets(section).map((bullet) => bullet.text)
  if (steps || prose.some((text) => ESCALATION.test(text) || DECISION.test(text))) return []
  return [
    context.finding(
      'ADS070',
      'warning',
      section.line,
      'the response neither decides nor escalates: it does not say when the case is closed, and who is told otherwise',
      'Add a step with a question and both answers.',
    ),
  ]
}

const CONTAIN = /\bisolat|\bdisconnect|\bquarantin|\bcontain(?:ment)?:|\bblock\b/i
const DESTROY =
  /\bstop(?:ping)?\b|\bkill|\bdelet|\bterminat|\bdestroy|\bremov(?:e|ing) the (?:container|pod|workload)/i
const LOOK = /\banaly[sz]e|\binvestigat|\bexamin|\binspect|\breview the logs|\bcorrelat/i
const CAPTURE = /\bcaptur|\bcollect|\bpreserv|\bsnapshot|\bforensic|\bacquir|\bsave\b|\bexport\b/i

/** In prose: the step that contains before anyone looked, or that destroys before anything was captured. */
function proseOrder(context: LintContext): LintFinding[] {
  const section = context.section('response')
  let looked = false
  let captured = false
  for (const bullet of context.prose.bullets(section)) {
    captured ||= CAPTURE.test(bullet.text)
    looked ||= captured
    const early = CONTAIN.test(bullet.text) && !looked
    const loses = CONTAIN.test(bullet.text) && DESTROY.test(bullet.text) && !captured
    if (early || loses) {
      return [
        context.finding(
          'ADS071',
          'warning',
          bullet,
          loses
            ? 'what is stopped here is evidence that was not captured'
            : 'containment comes before any evidence is taken',
          'Capture logs, processes and files first.',
        ),
      ]
    }
    looked ||= LOOK.test(bullet.text)
  }
  return []
}

const CONTAINS = /\b(?:isolate|block|pause|quarantine|suspend)\b/
const DESTROYS = /\b(?:delete|kill|stop|terminate|destroy|revoke|rotate|remove|evict|scale)\b/

function stepOrder(context: LintContext): LintFinding[] {
  const { playbook } = context.strategy
  const first = playbook.findIndex(contains)
  const step = playbook[first]
  if (step === undefined || playbook.slice(0, first).some((before) => before.do.startsWith('evidence.')))
    return []
  return [
    context.finding(
      'ADS071',
      'error',
      step.line,
      `step ${step.id} (${step.do}) comes before any evidence is taken`,
      'Put a step evidence.capture before it.',
    ),
  ]
}

function contains(step: PlaybookStep): boolean {
  return CONTAINS.test(step.do) || DESTROYS.test(step.do)
}

function irreversible(context: LintContext): LintFinding[] {
  return context.strategy.playbook
    .filter((step) => DESTROYS.test(step.do) && step.approval === undefined && step['undo'] === undefined)
    .map((step) =>
      context.finding(
        'ADS072',
        'error',
        step.line,
        `step ${step.id} (${step.do}) cannot be undone, and nobody approves it`,
        'Add approval: one or approval: two, or an undo.',
      ),
    )
}

/** A self-signed certificate has no issuer that could revoke it. */
function impossible(context: LintContext): LintFinding[] {
  const section = context.section('response')
  if (section === undefined || !/self-signed/i.test(context.strategy.text)) return []
  const mend = 'Remove it from the trust stores and listeners, and rotate the keys.'
  const message = 'a self-signed certificate cannot be revoked: nobody issued it'
  const lines = context.prose
    .lines(section)
    .filter(
      ({ text }) =>
        /\brevo(?:ke|king|cation)\b[^.]{0,60}\bcertificates?\b/i.test(text) &&
        !/\b(?:cannot|can’t|can't|never|nothing|not|no)\b/i.test(text),
    )
    .map(({ line }) => context.finding('ADS073', context.wrong, line, message, mend))
  const steps = context.strategy.playbook
    .filter((step) => step.do.startsWith('certificate.revoke'))
    .map((step) => context.finding('ADS073', context.wrong, step.line, message, mend))
  return [...lines, ...steps]
}

function references(context: LintContext): LintFinding[] {
  const section = context.section('additional-resources')
  const lines = context.prose.lines(section)
  if (lines.some(({ text }) => /\bhttps?:\/\/[^\s/]+\.[^\s]+/.test(text))) return []
  const excuse = lines.find(({ text }) =>
    /\bnone\b|\bno (?:additional )?(?:resources|references)\b/i.test(text),
  )
  const line = excuse?.line ?? context.prose.bullets(section)[0]?.line ?? lines[0]?.line ?? section?.line ?? 1
  return [
    context.finding(
      'ADS080',
      'warning',
      line,
      'no reference that a reader can open',
      'Link what the technical context rests on, with whole addresses.',
    ),
  ]
}

function review(context: LintContext): LintFinding[] {
  const { strategy } = context
  const { by, due } = strategy.review
  const findings: LintFinding[] = []
  const written = /^[ \t*_-]*review(?:er|ed by)\b[*_ \t]*:[*_ \t]*\w/im.test(strategy.text)
  if (
    !by.some((reviewer) => reviewer !== strategy.owner) &&
    (strategy.frontMatter !== undefined || !written)
  ) {
    const severity =
      strategy.status === 'production' ? context.wrong : context.executable ? 'hint' : 'warning'
    findings.push(
      context.finding(
        'ADS090',
        severity,
        reviewLine(context),
        'no second person has reviewed the document',
        'Name a reviewer who is not its owner: review: { by: [TEAM], date: …, due: … }.',
      ),
    )
  }
  const end = due === undefined ? undefined : endOfDay(due, context.zone)
  if (end !== undefined && end <= context.now) {
    findings.push(
      context.finding(
        'ADS091',
        'warning',
        reviewLine(context),
        `the review was due on ${due}`,
        'Review it again and set a new date.',
      ),
    )
  }
  return findings
}

function reviewLine(context: LintContext): number {
  if (context.strategy.frontMatter === undefined) return 1
  return context.strategy.text.split(/\r\n|\n|\r/).findIndex((line) => line.startsWith('review:')) + 1 || 1
}
