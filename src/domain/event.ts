import type { ContainerLook } from './container-look.ts'

/** The sources that Tallyman reads, in the order in which they are listed to users. */
export const SOURCE_NAMES = [
  'kubernetes.audit',
  'kubernetes.api',
  'docker.events',
  'docker.inspect',
  'falco',
  'sensor',
  'tetragon',
  'tracee',
  'auditd',
  'laurel',
  'zeek.conn',
  'zeek.ssl',
  'zeek.x509',
  'zeek.dns',
  'zeek.http',
  'zeek.ssh',
  'zeek.files',
  'zeek.notice',
  'suricata.eve',
  'hubble',
  'tshark',
  'windows.sysmon',
  'windows.security',
  'windows.defender',
  'windows.eventlog',
  'sysmon.linux',
  'fim.aide',
  'fim.osquery',
  'fim.wazuh',
  'fim.auditbeat',
  'docker.changes',
  'cloudtrail',
  'docker.stats',
  'podman.events',
  'containerd.events',
  'cadvisor',
  'prometheus',
  'esxi',
  'network.device',
  'certstore',
  'kubearmor',
  'kubescape',
  'macos.eslogger',
  'macos.unifiedlog',
  'registry',
  'gcp.audit',
  'azure.activity',
  'certificate.transparency',
  'custom',
] as const
export type SourceName = (typeof SOURCE_NAMES)[number]

/** Sigma's log source: what kind of record a rule is for. A dimension left out is unknown. */
export interface Logsource {
  readonly product?: string
  readonly category?: string
  readonly service?: string
}

/**
 * The log source of an event. Where Sigma has several for what one record tells (a registry value that was set is
 * `registry_set` and `registry_event`), the others stand in `also`: a rule for any of them is for the event.
 */
export interface EventLogsource extends Logsource {
  readonly also?: readonly Logsource[]
}

/**
 * Where something happened, under OpenTelemetry's resource attribute names
 * (https://opentelemetry.io/docs/specs/semconv/resource/). The names in use are listed in `fields.ts`.
 */
export type Resource = Readonly<Record<string, string | readonly string[]>>

/**
 * How the taxonomy of a log source maps to a record: field name → path into the record, tried in order.
 * A field that is not listed is looked up in the record under its own name. It is data, one constant a
 * log source, shared by all of its events.
 */
export type Mapping = Readonly<Record<string, readonly (readonly string[])[]>>

/** One thing that happened, as a source understood it. */
export interface Event {
  /** (stream, position) or the producer's own identity, unhashed; unique within a data folder. */
  readonly id: string
  /** Event time, ms since the epoch, UTC. */
  readonly time: number
  readonly source: SourceName
  readonly logsource: EventLogsource
  readonly resource: Resource
  /** The parsed record; rules read it through `mapping`. */
  readonly record: unknown
  readonly mapping: Mapping
  /**
   * IP addresses of who opened a connection and who answered it: the inventory looks for their containers. `opened`
   * (ms) where the record says that this was before its own time: by then an address may be another's.
   */
  readonly flow?: { readonly client: string; readonly server: string; readonly opened?: number }
  /** A file of the host that may be a container's own: the inventory looks for whose root it lies in. */
  readonly hostFile?: string
  /** UID of the object of a cluster that it specifies, as that was made: the inventory looks for who made it. */
  readonly object?: string
  /** Events with the same `once` are the same happening told twice: the first alone is evaluated. */
  readonly once?: string
  /** True for what already existed when an inventory was taken, false for what happened just now. */
  readonly inventory?: boolean
}

/** Bytes of one stream, as an input read them. Formats are not its business. */
export interface Chunk {
  /** The stream's name: stable over rename, rotation and compression. */
  readonly stream: string
  /** Where it was found (a file's path), for people; the stream's name identifies it. */
  readonly path?: string
  /** Position of the first byte in the (decompressed) stream. */
  readonly offset: number
  readonly bytes: Uint8Array
  /** Nothing was appended for a while: what is not known yet is decided by what is there. */
  readonly idle?: true
  /** No more bytes follow: an unfinished record is complete or broken now. */
  readonly end?: boolean
  /**
   * The stream is this chunk alone and ended with it, such as the body of a request: of its kind, the newest
   * streams are remembered, by their length.
   */
  readonly whole?: true
  /** The bytes were committed before: their records are counted as duplicates, and nothing else comes of them. */
  readonly repeated?: true
  /**
   * Each line is a message of its own, as syslog has them: none goes on in the next, and one that no source knows
   * says nothing of the others. Times that state no zone are in this one (IANA).
   */
  readonly messages?: { readonly zone: string }
  /** When it arrived, ms since the epoch; when it is read unless told. */
  readonly at?: number
  /** Where the records were written, as their transport says: what they do not say of themselves. */
  readonly resource?: Resource
  /** Read on another machine, by an agent there. */
  readonly machine?: Machine
  /** They cannot be read again: what of them no record was made of yet is kept with what is committed. */
  readonly kept?: true
}

/** The machine of an agent: what is read there is told of it, whatever records say. */
export interface Machine {
  readonly agent: string
  /** `host.name`, and `k8s.node.name` and `k8s.cluster.name` where they are set. */
  readonly resource: Resource & { readonly 'host.name': string }
  /** Its agent may also tell of other machines and of clusters, as logs do that were gathered there. */
  readonly relays: boolean
}

/** A record that could not be evaluated: counted by `reason`, kept as a bounded sample. */
export interface Failure {
  readonly reason: string
  readonly stream: string
  readonly position: number | string
  /** At most 512 characters of the record, for the analyst. Hostile text. */
  readonly sample: string
}

/** What a source says about the world rather than about one happening; read by the inventory. */
export type Fact =
  | {
      readonly kind: 'container'
      readonly id: string
      readonly time: number
      readonly resource: Resource
      readonly mounts: readonly HostMount[]
      /** IP addresses of its own; none of a container that shares its host's network. */
      readonly addresses?: readonly string[]
      /** Folders of the host at which its root file system stands, or what it wrote there. */
      readonly roots?: readonly string[]
      /** Told in passing, of some of what there is to know: it takes nothing away, and contradicts nobody. */
      readonly partial?: true
    }
  | {
      readonly kind: 'container-gone'
      readonly id: string
      readonly time: number
      /** The identity of its specification, which need be kept no longer. */
      readonly releases?: string
    }
  /** Who created an object of a cluster, as its API server wrote it down; `owner` is the UID of its controller. */
  | {
      readonly kind: 'created'
      readonly object: string
      readonly time: number
      readonly user: string
      readonly owner?: string
    }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'sensor-record'; readonly mark: SensorMark }
  | { readonly kind: 'container-look'; readonly look: ContainerLook }
  /** All that an orchestrator has told until `time` is what there is; it is asked again after `interval` ms. */
  | { readonly kind: 'orchestrator-look'; readonly time: number; readonly interval: number }

/** Where a record of our sensor stands: by these, what is missing between them shows. */
export interface SensorMark {
  readonly run: string
  /** Number within the run, without gaps over all of its files. */
  readonly seq: number
  /** ms since the epoch. */
  readonly time: number
  readonly host?: string | undefined
  /** What the record tells: `start` of a run, first line of a further `file`, anything else. */
  readonly kind: string
  /** ms between heartbeats, where it says so. */
  readonly interval?: number | undefined
  /** The last record of the run before, where a start names it. */
  readonly previous?:
    | { readonly run?: string; readonly seq?: number; readonly time: number; readonly stopped: boolean }
    | undefined
}

/** A part of the host's file system that a container sees. */
export interface HostMount {
  readonly source: string
  readonly destination: string
  readonly readOnly: boolean
}

/** Something that limits what can be concluded: blindness is a detection. */
export interface Finding {
  /** Stable: the same finding told twice is one finding. */
  readonly id: string
  readonly kind: FindingKind
  /** The input or source that it is about. */
  readonly about: string
  /** The interval in event time, ms since the epoch, in which nothing can be concluded. */
  readonly since: number
  readonly until: number
  readonly message: string
  readonly resource?: Resource
  /** Records of a source that are missing, where their number is known. */
  readonly lost?: { readonly source: SourceName; readonly records: number }
  /** It is over: what began with the same id ends at `until`. */
  readonly closed?: true
}
export const FINDING_KINDS = [
  'unobserved-interval',
  'specification-unresolved',
  'identity-conflict',
  'producer-loss',
  'bound-reached',
  'coverage-lost',
  'baseline-drift',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]
