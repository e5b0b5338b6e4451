import { describe, expect, test } from 'vitest'
import { commandsOf, commandsOfLine } from './shell.ts'

function lines(script: string): readonly string[] {
  return commandsOf(['sh', '-c', script])
    .slice(1)
    .map((command) => command.words.join(' '))
}

describe('a script', () => {
  test.each<[string, readonly string[]]>([
    ['a; b && c || d | e & f\ng', ['a', 'b', 'c', 'd', 'e', 'f', 'g']],
    ['echo "a; b" \'c | d\' e\\ f "\\$x" $\'t\\x41\'', ['echo a; b c | d e f $x tA']],
    ['(cd /; { ls; }) 2>/dev/null', ['cd /', 'ls']],
    ['A=1 B="x y" env', ['env']],
    ['if test -f /x; then cat /x; else rm /y; fi', ['test -f /x', 'cat /x', 'rm /y']],
    ['for f in a b; do gzip $f; done', ['gzip $f']],
    ['echo $(id; uname -a) "`whoami`"', ['echo $(id; uname -a) `whoami`', 'id', 'uname -a', 'whoami']],
    ['cat <<EOF >/tmp/x\nrm -rf /\nEOF\nls', ['cat', 'ls']],
    ['echo hi # rm -rf /\nls', ['echo hi', 'ls']],
    ['diff <(ls /a) <(ls /b)', ['diff <(ls /a) <(ls /b)', 'ls /a', 'ls /b']],
    [
      'bash -ec "sh -c \'openssl version\'"',
      ["bash -ec sh -c 'openssl version'", 'sh -c openssl version', 'openssl version'],
    ],
    ['((x = 1 << 2))\nrm -rf /', ['x = 1', 'rm -rf /']],
    ['((ls); id)', ['ls', 'id']],
  ])('%s', (script, expected) => {
    expect(lines(script)).toEqual(expected)
  })

  test('names the files that redirections and commands read and write', () => {
    const [, ...commands] = commandsOf([
      'sh',
      '-c',
      'sort </etc/passwd >/tmp/a 2>>/tmp/b; echo x | tee -a /h/motd; cp /h/motd /h/motd.bak; dd if=/dev/zero of=/s/f 2>&1; openssl req -out cert.pem; curl -sSLo /tmp/x https://h.example/y; cat k.key >/dev/null',
    ])
    expect(commands.map(({ reads, writes }) => ({ reads, writes }))).toEqual([
      { reads: ['/etc/passwd'], writes: ['/tmp/a', '/tmp/b'] },
      { reads: [], writes: [] },
      { reads: [], writes: ['/h/motd'] },
      { reads: ['/h/motd'], writes: ['/h/motd.bak'] },
      { reads: ['/dev/zero'], writes: ['/s/f'] },
      { reads: [], writes: ['cert.pem'] },
      { reads: [], writes: ['/tmp/x'] },
      { reads: ['k.key'], writes: [] },
    ])
  })

  test.each<[string, readonly string[]]>([
    ['cd /h && echo x > motd', ['/h/motd']],
    ['cd /h; cd etc; cd ../var && tee a /b', ['/h/var/a', '/b']],
    ['(cd /h && touch a); touch b', ['/h/a', '/app/b']],
    ['(cd /h); (touch b)', ['/app/b']],
    ["cd /h && sh -c 'echo x >motd'", ['/h/motd']],
    ['echo x >motd', ['/app/motd']],
    ['cd "$X" && echo x >motd', ['motd']],
    ['cd - && echo x >motd; cd /h; echo x >$Y', ['motd', '$Y']],
    ["cd /h && chroot /r sh -c 'echo x >motd'", ['motd']],
  ])('writes where it is: %s', (script, expected) => {
    const commands = commandsOf(['sh', '-c', script], '/app')
    expect(commands.flatMap(({ writes }) => writes)).toEqual(expected)
  })

  test('is read in linear time, whatever it opens and does not close', () => {
    const started = performance.now()
    for (const piece of [
      '((',
      '((1<<',
      'cd a;',
      '(cd a;',
      '$(',
      '`',
      '"',
      "'",
      '(',
      '<<x ',
      '\\',
      '${',
      '"$(',
      'a;',
      '>',
    ]) {
      expect(commandsOf(['sh', '-c', piece.repeat(200_000)]).length).toBeLessThanOrEqual(256)
      expect(commandsOfLine(`sh -c ${piece.repeat(200_000)}`).length).toBeLessThanOrEqual(256)
    }
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('a wrapper', () => {
  test.each<[string, string]>([
    ['env -u HOME A=1 openssl req', 'openssl req'],
    ['timeout -s KILL 5 openssl req', 'openssl req'],
    ['nice -n 5 nohup openssl req', 'openssl req'],
    ['sudo -u root A=1 openssl req', 'openssl req'],
    ['dbus-run-session -- gsettings set a b', 'gsettings set a b'],
    ['xvfb-run -a gsettings set a b', 'gsettings set a b'],
    ['chroot /host sh', 'sh'],
    ['nsenter -t 1 -m -u -- bash', 'bash'],
    ['unshare -r -U id', 'id'],
    ['busybox wget -O /tmp/x http://h.example', 'wget -O /tmp/x http://h.example'],
    ['/sbin/tini -g -- nginx', 'nginx'],
    ['gosu app server', 'server'],
    ['s6-setuidgid app server', 'server'],
    ['sudo -nu root openssl req', 'openssl req'],
    ['sudo -uroot openssl req', 'openssl req'],
    ['env -i -S A=1 openssl req', 'openssl req'],
    ['env --split-string=openssl req', 'openssl req'],
    ['env -vSopenssl req', 'openssl req'],
    ['env openssl -S', 'openssl -S'],
    ['parallel -j 4 gzip ::: a b', 'gzip'],
    ['sh -c -- id', 'id'],
    ['xargs -n 1 rm', 'rm'],
    ['stdbuf -oL cat', 'cat'],
    ['setsid -f sleep 1', 'sleep 1'],
    ['find / -name x -exec cat {} +', 'cat {}'],
  ])('%s starts %s', (line, inner) => {
    const commands = commandsOf(line.split(' '))
    expect(commands[0]?.words.join(' ')).toBe(line)
    expect(commands.at(-1)?.words.join(' ')).toBe(inner)
    expect(commands.at(-1)?.parent.length).toBeGreaterThan(0)
  })

  test('eight deep is where looking ends', () => {
    expect(commandsOf(Array.from({ length: 100 }, () => 'env')).length).toBe(9)
  })
})

describe('a command line that lost its quotes', () => {
  test.each<[string, readonly string[]]>([
    ['sh -c echo a; openssl req -x509', ['sh -c echo a; openssl req -x509', 'echo a', 'openssl req -x509']],
    [
      '/bin/sh -c wget -qO- http://h/ || exit 1',
      ['/bin/sh -c wget -qO- http://h/ || exit 1', 'wget -qO- http://h/', 'exit 1'],
    ],
    ['openssl x509 -in ca.crt', ['openssl x509 -in ca.crt']],
    ['sh -c -- echo a', ['sh -c -- echo a', 'echo a']],
    ['bash', ['bash']],
    ['', []],
  ])('%s', (line, expected) => {
    expect(commandsOfLine(line).map((command) => command.words.join(' '))).toEqual(expected)
  })
})
