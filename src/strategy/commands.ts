/** What keeps a command from being run as it stands. */
export interface CommandFault {
  readonly id: 'ADS054' | 'ADS055' | 'ADS059'
  readonly message: string
  readonly mend: string
}

/** Options of `docker run` and its like that take a value in the next word. */
const VALUED = new Set(
  '-a -c -e -h -l -m -p -u -v -w --add-host --annotation --attach --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpus --cpuset-cpus --cpu-shares --device --dns --dns-search --entrypoint --env --env-file --expose --gpus --group-add --health-cmd --hostname --ip --ipc --label --link --log-driver --log-opt --mac-address --memory --mount --name --net --network --network-alias --pid --pids-limit --platform --publish --pull --restart --runtime --security-opt --shm-size --stop-signal --storage-opt --sysctl --tmpfs --ulimit --user --userns --uts --volume --volumes-from --volume-driver --workdir'.split(
    ' ',
  ),
)
const ENGINES = new Set(['docker', 'podman', 'nerdctl'])
const PROGRAMS =
  /^(?:\$ |# )?(?:sudo )?(docker|podman|nerdctl|kubectl|crictl|ctr|helm|gsettings|openssl|curl|wget|bash|sh|python3?|tar|cp|mv|chmod|echo|cat)\b/
const PLACEHOLDER = /<[a-z][\w .:-]{0,60}>/i
/** A line of a document that a command writes, not a command. */
const MARKUP = /^\s*>?\s*<|<\//
const EXAMPLE_PATH = /(?<![\w./])(?:file:\/\/)?\/?path\/(?:to|on|in)\/[\w./-]*/
const MANIFEST = /(?:-f|--filename)[ =](\.{0,2}\/?[\w./-]+\.(?:ya?ml|json))/

/** Whether the text is meant to be typed, and not only names a program. */
export function isCommand(text: string): boolean {
  return PROGRAMS.test(text.trim()) && text.trim().split(/\s+/).length > 2
}

/** Faults of one command line. `exists` says whether a file that it names lies beside the document. */
export function commandFaults(text: string, exists: (path: string) => boolean): readonly CommandFault[] {
  const words = wordsOf(text)
  return [...placeholders(text, exists), ...incomplete(words), ...unpinned(words)]
}

function placeholders(text: string, exists: (path: string) => boolean): CommandFault[] {
  const mend = 'Write what an analyst can paste and run.'
  const faults: CommandFault[] = []
  if (MARKUP.test(text)) return []
  const found = PLACEHOLDER.exec(text)?.[0] ?? EXAMPLE_PATH.exec(text)?.[0]
  if (found !== undefined) faults.push({ id: 'ADS054', message: `${found} is a placeholder`, mend })
  const manifest = MANIFEST.exec(text)?.[1]
  if (manifest !== undefined && !exists(manifest)) {
    faults.push({
      id: 'ADS054',
      message: `${manifest} does not exist beside the document`,
      mend: 'Put the file into <id>.d/, or its content into the document.',
    })
  }
  return faults
}

function incomplete(words: readonly string[]): CommandFault[] {
  const [program = '', verb = '', kind = ''] = words
  if (ENGINES.has(program) && (verb === 'run' || verb === 'create')) {
    return imageOf(words) === undefined
      ? fault(`${program} ${verb} without an image fails`, 'Name the image, pinned by its digest.')
      : []
  }
  if (program !== 'kubectl') return []
  const rest = operands(words.slice(verb === 'create' ? 3 : 2))
  if (verb === 'create' && kind === 'deployment' && rest.length === 0) {
    return fault('kubectl create deployment without a name fails', 'Name the deployment.')
  }
  if (verb === 'run' && rest.length === 0) return fault('kubectl run without a name fails', 'Name the pod.')
  const file = words.findIndex((word) => word === '-f' || word === '--filename')
  return file >= 0 && words[file + 1] === undefined
    ? fault(`kubectl ${verb} -f without a file fails`, 'Name the file.')
    : []
}

function fault(message: string, mend: string): CommandFault[] {
  return [{ id: 'ADS055', message, mend }]
}

function unpinned(words: readonly string[]): CommandFault[] {
  const image = imageOf(words)
  if (image === undefined || /@sha256:[0-9a-f]{64}$/.test(image) || /[<>$]/.test(image)) return []
  return [{ id: 'ADS059', message: `the image ${image} is not pinned`, mend: 'Pin it: NAME@sha256:DIGEST.' }]
}

/** The image of `docker run …`; undefined for another command, and where there is none. */
function imageOf(words: readonly string[]): string | undefined {
  const [program = '', verb = ''] = words
  if (!ENGINES.has(program) || (verb !== 'run' && verb !== 'create')) return undefined
  return operands(words.slice(2))[0]
}

function operands(words: readonly string[]): readonly string[] {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!word.startsWith('-') || word === '-') return words.slice(index)
    if (VALUED.has(word)) index++
  }
  return []
}

function wordsOf(text: string): readonly string[] {
  const words =
    text
      .trim()
      .replace(/^[$#] /, '')
      .match(/(?:<[^>]*>|"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return words[0] === 'sudo' ? words.slice(1) : words
}
