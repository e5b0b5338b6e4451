import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { compileRules } from '../src/sigma/sigma.ts'
const corpus = process.argv[2]!
const lanes = process.argv[3]!
const texts = globSync('rules/**/*.yml', { cwd: corpus })
  .sort()
  .map((file) => ({ file, text: readFileSync(join(corpus, file), 'utf8'), line: 1, strategy: 'sigma' }))
let t = performance.now()
const { ruleset, refused } = compileRules(texts, { lists: new Map() })
console.log(
  'compile ms',
  Math.round(performance.now() - t),
  'rules',
  ruleset.rules.length,
  'refused',
  refused.length,
  'MB',
  Math.round(process.memoryUsage().rss / 1e6),
)
for (const lane of (process.argv[4] ?? 'structured,raw').split(',')) {
  const lines = gunzipSync(readFileSync(join(lanes, `${lane}_windows.ndjson.gz`)))
    .toString()
    .trim()
    .split('\n')
  const parse = () => {
    const t = performance.now()
    let n = 0
    for (const l of lines) n += Object.keys(JSON.parse(l)).length
    return (lines.length / (performance.now() - t)) * 1000
  }
  const shared = new Map()
  const run = () => {
    const t = performance.now()
    let n = 0
    for (const l of lines) {
      const record = JSON.parse(l)
      const key = `${record.product}/${record.category}`
      let logsource = shared.get(key)
      if (!logsource)
        shared.set(
          key,
          (logsource = {
            product: record.product,
            ...(record.category ? { category: record.category } : {}),
            ...(record.service ? { service: record.service } : {}),
          }),
        )
      n += ruleset.match({
        id: '1',
        time: 0,
        source: 'falco',
        logsource,
        resource: {},
        mapping: {},
        record,
      }).length
    }
    return [(lines.length / (performance.now() - t)) * 1000, n]
  }
  for (let i = 0; i < Number(process.argv[5] ?? 4); i++) {
    const p = parse()
    const [r, n] = run()
    console.log(
      lane,
      'parse',
      Math.round(p),
      'match',
      Math.round(r!),
      'ratio',
      (r! / p).toFixed(3),
      'matches',
      n,
    )
  }
}
console.log('MB', Math.round(process.memoryUsage().rss / 1e6))
