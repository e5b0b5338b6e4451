type Bits = Readonly<Record<string, number>>

const OPEN: Bits = {
  O_WRONLY: 0x1,
  O_RDWR: 0x2,
  O_CREAT: 0x40,
  O_EXCL: 0x80,
  O_TRUNC: 0x200,
  O_APPEND: 0x400,
}
const O_TMPFILE = 0x400000
const MOUNT: Bits = {
  MS_RDONLY: 0x1,
  MS_NOSUID: 0x2,
  MS_NODEV: 0x4,
  MS_NOEXEC: 0x8,
  MS_REMOUNT: 0x20,
  MS_BIND: 0x1000,
  MS_MOVE: 0x2000,
  MS_REC: 0x4000,
  MS_UNBINDABLE: 0x20000,
  MS_PRIVATE: 0x40000,
  MS_SLAVE: 0x80000,
  MS_SHARED: 0x100000,
}
const UMOUNT: Bits = { MNT_FORCE: 1, MNT_DETACH: 2, MNT_EXPIRE: 4, UMOUNT_NOFOLLOW: 8 }
const CLONE: Bits = {
  CLONE_NEWTIME: 0x80,
  CLONE_FS: 0x200,
  CLONE_FILES: 0x400,
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
}
const MEMFD: Bits = { MFD_CLOEXEC: 1, MFD_ALLOW_SEALING: 2, MFD_HUGETLB: 4, MFD_NOEXEC_SEAL: 8, MFD_EXEC: 16 }
const PTRACE: Readonly<Record<number, string>> = {
  0: 'PTRACE_TRACEME',
  4: 'PTRACE_POKETEXT',
  5: 'PTRACE_POKEDATA',
  13: 'PTRACE_SETREGS',
  16: 'PTRACE_ATTACH',
  0x4205: 'PTRACE_SETREGSET',
  0x4206: 'PTRACE_SEIZE',
}
const BPF = `BPF_MAP_CREATE BPF_MAP_LOOKUP_ELEM BPF_MAP_UPDATE_ELEM BPF_MAP_DELETE_ELEM BPF_MAP_GET_NEXT_KEY
  BPF_PROG_LOAD BPF_OBJ_PIN BPF_OBJ_GET BPF_PROG_ATTACH BPF_PROG_DETACH BPF_PROG_TEST_RUN
  BPF_PROG_GET_NEXT_ID BPF_MAP_GET_NEXT_ID BPF_PROG_GET_FD_BY_ID BPF_MAP_GET_FD_BY_ID
  BPF_OBJ_GET_INFO_BY_FD BPF_PROG_QUERY BPF_RAW_TRACEPOINT_OPEN BPF_BTF_LOAD`.split(/\s+/)

function namesOf(bits: Bits, value: number): readonly string[] {
  return Object.entries(bits).flatMap(([name, bit]) => ((value & bit) === 0 ? [] : [name]))
}

/** Flags of open(2) as Linux has them on x86-64 and arm64 alike. */
export function openFlags(value: number): readonly string[] {
  const mode = (value & 3) === 0 ? ['O_RDONLY'] : []
  const temporary = (value & O_TMPFILE) === 0 ? [] : ['O_TMPFILE']
  return [...mode, ...namesOf(OPEN, value), ...temporary]
}

/** A system call that only has numbers and texts: its name, what they are called, and what its flags are. */
export interface CallForm {
  readonly name: string
  readonly numbers: readonly string[]
  readonly texts: readonly string[]
  readonly flags?: (numbers: readonly number[]) => readonly string[]
}

const first =
  (bits: Bits) =>
  ([value = 0]: readonly number[]): readonly string[] =>
    namesOf(bits, value)

const PLAIN: Readonly<Record<number, CallForm>> = {
  1: { name: 'mount', numbers: ['flags'], texts: ['source', 'target', 'type'], flags: first(MOUNT) },
  2: { name: 'umount2', numbers: ['flags'], texts: ['target'], flags: first(UMOUNT) },
  3: { name: 'move_mount', numbers: ['from_dfd', 'to_dfd', 'flags'], texts: ['from', 'to'] },
  4: { name: 'fsmount', numbers: ['fd', 'flags', 'attributes'], texts: [] },
  5: { name: 'fsopen', numbers: ['flags'], texts: ['type'] },
  6: { name: 'open_tree', numbers: ['dfd', 'flags'], texts: ['path'] },
  7: {
    name: 'ptrace',
    numbers: ['request', 'pid'],
    texts: [],
    flags: ([request = -1]) => listOf(PTRACE[request]),
  },
  8: { name: 'unshare', numbers: ['flags'], texts: [], flags: first(CLONE) },
  9: { name: 'setns', numbers: ['fd', 'flags'], texts: [], flags: ([, flags = 0]) => namesOf(CLONE, flags) },
  10: { name: 'bpf', numbers: ['command'], texts: [], flags: ([command = -1]) => listOf(BPF[command]) },
  11: { name: 'memfd_create', numbers: ['flags'], texts: ['name'], flags: first(MEMFD) },
  12: { name: 'io_uring_setup', numbers: ['entries'], texts: [] },
  13: { name: 'init_module', numbers: ['length'], texts: ['parameters'] },
  14: { name: 'finit_module', numbers: ['fd', 'flags'], texts: ['parameters'] },
  15: { name: 'process_vm_writev', numbers: ['pid'], texts: [] },
  16: { name: 'pivot_root', numbers: [], texts: ['new_root', 'put_old'] },
}

/** The kernel's cryptography is asked for by sockets of a family of its own. */
const AF_ALG = 38
const algorithm = ([family]: readonly number[]): readonly string[] => (family === AF_ALG ? ['AF_ALG'] : [])
const CRYPTOGRAPHY: Readonly<Record<number, CallForm>> = {
  17: { name: 'socket', numbers: ['family', 'type'], texts: [], flags: algorithm },
  18: { name: 'bind', numbers: ['family'], texts: ['type', 'name'], flags: algorithm },
}

/** By the number that sensors/bpftrace/sensor.bt gives them. */
export const CALLS: Readonly<Record<number, CallForm>> = { ...PLAIN, ...CRYPTOGRAPHY }

/** A call's arguments as one text: texts quoted where they could be read as more than one argument. */
export function callArguments(
  form: CallForm,
  texts: readonly (string | undefined)[],
  numbers: readonly (number | undefined)[],
): string {
  return [
    ...form.texts.map((name, index) => argument(name, texts[index], quoted)),
    ...form.numbers.map((name, index) => argument(name, numbers[index], (value) => numberOf(name, value))),
  ]
    .flat()
    .join(' ')
}

function argument<T>(name: string, value: T | undefined, print: (value: T) => string): readonly string[] {
  return value === undefined ? [] : [`${name}=${print(value)}`]
}

function numberOf(name: string, value: number): string {
  if (name === 'family' && value === AF_ALG) return 'AF_ALG'
  return name === 'flags' || name === 'attributes' ? `0x${(value >>> 0).toString(16)}` : String(value)
}

function quoted(text: string): string {
  return /^[\w./:@+,-]+$/.test(text) ? text : JSON.stringify(text)
}

/** Those that are nothing but such a call, whichever sensor saw it, by their names. */
export const CALLS_BY_NAME: ReadonlyMap<string, CallForm> = new Map(
  Object.values(PLAIN).map((form) => [form.name, form]),
)

function listOf(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name]
}
