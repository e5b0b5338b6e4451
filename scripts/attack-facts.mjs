// Writes the product's table of ATT&CK facts from a fact file:
//   node scripts/attack-facts.mjs BUNDLE_JSON > src/strategy/attack-facts.json && npx oxfmt src/strategy/attack-facts.json
// BUNDLE_JSON: { version, notice, tactics[], techniques[], next } with `next` the changes of the version after it.
import { readFileSync } from 'node:fs'

const path = process.argv[2]
if (path === undefined) {
  console.error('usage: node scripts/attack-facts.mjs BUNDLE_JSON > src/strategy/attack-facts.json')
  process.exit(2)
}
const bundle = JSON.parse(readFileSync(path, 'utf8'))

/** [id, name, tactics, platforms, revoked by | "deprecated"] */
const row = (technique) => {
  const facts = [technique.id, technique.name, technique.tactics.join(), technique.platforms.join()]
  if (technique.revoked) return [...facts, technique.revokedBy]
  return technique.deprecated ? [...facts, 'deprecated'] : facts
}
const line = (value) => JSON.stringify(value)
const { tactics, revokedBy, newTechniques, renamed, stealth, execution } = bundle.next
const next = { version: '19', tactics, revokedBy, newTechniques, renamed, stealth, execution }
next['defense-impairment'] = bundle.next['defense-impairment']

console.log(`{
"notice": ${line(bundle.notice)},
"version": ${line(bundle.version)},
"tactics": [
${bundle.tactics.map((tactic) => line([tactic.shortname, tactic.name])).join(',\n')}
],
"techniques": [
${bundle.techniques.map((technique) => line(row(technique))).join(',\n')}
],
"next": {
${Object.entries(next)
  .map(([key, value]) => `${line(key)}: ${line(value)}`)
  .join(',\n')}
}
}`)
