import type { Alert, Evidence, IncidentHead } from './alert.ts'
import type { SeenContainer, View } from './container-look.ts'
import type { Event, HostMount, Resource, SourceName } from './event.ts'

/**
 * State that outlives a batch, always addressed by key: what the engine asks the store for, and what it hands
 * back to be committed.
 */

/** A piece of state that folding needs: the alerts of one (rule, entity), or the incidents of one entity, near a time. */
export interface StateKey {
  readonly kind: 'alert' | 'incident'
  readonly key: string
  /** Event times between which what is stored can matter, ms. */
  readonly since: number
  readonly until: number
}

export interface KeyedAlert {
  readonly key: string
  /** Of the posture report: outside the queue. */
  readonly posture: boolean
  readonly alert: Omit<Alert, 'evidence'>
  /** How many events of evidence are stored already. */
  readonly kept: number
}

export interface KeyedIncident {
  readonly key: string
  readonly incident: IncidentHead
}

/** What the store knows for the keys that were asked for. */
export interface EngineState {
  readonly alerts: readonly KeyedAlert[]
  readonly incidents: readonly KeyedIncident[]
}

/** What folding leads to: rows to write, whole. `evidence` holds what is new. */
export interface FoldOutput {
  readonly alerts: readonly (KeyedAlert & {
    readonly evidence: readonly Evidence[]
    readonly opened: boolean
  })[]
  readonly incidents: readonly KeyedIncident[]
}

/** Who told of a container. */
export interface Reporter {
  /** The input's name. */
  readonly input: string
  /** Whether the input asks the container's engine itself: its word is believed before anybody else's. */
  readonly engine: boolean
  /** Whether the input asks the API server of its cluster itself: nobody knows better whose a pod is. */
  readonly cluster?: true
}

/** What is known of one container. */
export interface ContainerRow {
  readonly id: string
  readonly resource: Resource
  readonly mounts: readonly HostMount[]
  /** What an API server says of the pod of a container whose engine told all else. */
  readonly pod?: Resource
  /** IP addresses that it has and had, the newest last. */
  readonly addresses?: readonly AddressLease[]
  /** Folders of the host at which its root file system stands, or what it wrote there. */
  readonly roots?: readonly string[]
  readonly by: Reporter
  /** When it was last told of, and when it went; ms since the epoch. */
  readonly time: number
  readonly gone?: number
}

/** An interval in which a container had an IP address; ms since the epoch. */
export interface AddressLease {
  /** As it is written shortest. */
  readonly address: string
  /** From when on it may have had it, and when it was first seen with it. */
  readonly since: number
  readonly seen: number
  /** When it was first seen without it. */
  readonly until?: number
}

/** Who created an object of a cluster, by its UID. */
export interface CreatorRow {
  readonly object: string
  readonly user: string
  /** UID of its controller. */
  readonly owner?: string
  /** When it was created, ms. */
  readonly time: number
  /** Name of the input that told so first. */
  readonly input: string
  /** Somebody told otherwise. */
  readonly disputed?: true
}

/** A container that is gone is remembered this long, for records that arrive late; ms. */
export const GONE_HORIZON = 24 * 3_600_000

/** Producers' identities that are remembered at least: a record repeated later than this many others is evaluated again. */
export const IDENTITY_HORIZON = 150_000

/**
 * Streams of one chunk (bodies of requests) that are remembered at least: one that comes again later than this many
 * others is read again, and its records are known by their producer's identity alone.
 */
export const BODY_HORIZON = 200_000

/** A producer's identity, and the contents under which it was seen. */
export interface SeenRow {
  readonly id: string
  /** Digests, the newest last, separated by blanks. */
  readonly content: string
  /** Kept as long as the thing exists (a container), not only for the horizon. */
  readonly keep: boolean
  /** Of what is kept: its own engine will tell when it is gone. */
  readonly watched?: true
}

/** Runs of sensors that are remembered, those that were read last. */
export const SENSOR_RUN_HORIZON = 256

/** How far a run of a sensor was read. */
export interface SensorRunRow {
  readonly run: string
  /** The input that its newest record came by. */
  readonly input: string
  readonly host?: string | undefined
  /** Its newest record: the number within the run, and when it was written, ms since the epoch. */
  readonly seq: number
  readonly time: number
  /** ms between its heartbeats. */
  readonly interval: number
  /** Another run of its machine began after it: it is no longer waited for. */
  readonly over?: true
  readonly missing: readonly MissingRecords[]
}

/** Numbers that were passed over and may still come from another file; they were written between two times. */
export interface MissingRecords {
  readonly from: number
  readonly to: number
  readonly since: number
  readonly until: number
  /** Wall clock, ms: when that was noticed, or one of them came last. */
  readonly noticed: number
}

/** A match that correlations take: kept until they have seen it, and as evidence until no window can hold it. */
export interface SignalRow {
  /** Its number in the data folder; states name it by that. */
  readonly n: number
  /** Event time, ms, and the event's id: signals are looked at in this order. */
  readonly time: number
  readonly event: string
  readonly uses: readonly SignalUse[]
  readonly body: SignalBody
  /** Event time from which on no window can hold it, ms. */
  readonly expires: number
}

/** What one correlation reads of a match, read when it arrives. */
export interface SignalUse {
  /** The correlation's semantic hash: one that means something else since takes nothing of it. */
  readonly correlation: string
  /** Which of the correlation's rules matched: its place in their list. */
  readonly input: number
  /** Keys of the groups that the event belongs to. */
  readonly groups: readonly string[]
  readonly values: readonly (string | number)[]
}

/** What an alert is made of. */
export interface SignalBody {
  readonly evidence: readonly Evidence[]
  readonly resource: Resource
  readonly source: SourceName
}

/** What a signal is to the correlations, without what alerts are made of. */
export type PendingSignal = Pick<SignalRow, 'n' | 'time' | 'event' | 'uses'>

/** What was observed for baselines within one hour of event time by one batch, until it is folded. */
export interface ObservedRow {
  /** Beginning of the hour, and of the newest tick of it, ms. */
  readonly epoch: number
  readonly upto: number
  /** JSON. */
  readonly body: unknown
}

/** What one baseline knows of one key. */
export interface BaselineRow {
  /** The baseline's semantic hash, and the key: JSON of the values. */
  readonly baseline: string
  readonly key: string
  /** JSON; `past` where it changed. */
  readonly state: unknown
  readonly past?: unknown
  /** `learning`, `armed` or `drifted`. */
  readonly status: string
  /** Event time of its last observation, ms. */
  readonly last: number
  /** Event time at which it has to be looked at though nothing comes, ms. */
  readonly deadline: number | undefined
  /** Event time from which on it is forgotten, ms. */
  readonly expires: number
  /** It is there, with this status, deadline and expiry: what is new of it is its state. */
  readonly isSteady?: true
}
export type BaselineKey = Pick<BaselineRow, 'baseline' | 'key'>

/** What a baseline told in a round that is not over: alerts are made in the order of (time, event). */
export interface ToldRow {
  /** Event time, ms, and the id of the event that it will be. */
  readonly time: number
  readonly event: string
  /** JSON. */
  readonly body: unknown
}

/** What one correlation remembers of one group. */
export interface WindowRow {
  /** The correlation's semantic hash, and the group's key. */
  readonly correlation: string
  readonly group: string
  /** JSON. */
  readonly state: unknown
  /** Event time at which it has to be looked at though nothing comes, ms. */
  readonly deadline: number | undefined
  /** Event time from which on it says nothing any more, ms. */
  readonly expires: number
}
export type WindowKey = Pick<WindowRow, 'correlation' | 'group'>

/** What one observer saw of a machine, with since when and until when. */
export interface ViewRow {
  readonly host: string
  readonly view: View
  readonly observer: string
  /** The input that its looks came by, and as which source. */
  readonly input: string
  readonly source: SourceName
  /** Since when it looks without a break, when it looked last, and how often; ms. */
  readonly began: number
  readonly time: number
  readonly interval: number
  readonly digest: string
  readonly leftOut: number
  readonly seen: readonly ViewedContainer[]
  /** UIDs of pods that an orchestrator has there. */
  readonly pods?: readonly string[]
  /** Those that it no longer sees, the newest last, with when it saw them last. */
  readonly gone: readonly { readonly key: string; readonly last: number }[]
}

export interface ViewedContainer extends SeenContainer {
  /** The look at which it was seen first, ms. */
  readonly first: number
  /** When it was seen last, by those that do not look but see one in passing. */
  readonly last?: number
}

/** An event that waits for what is known of its container. */
export interface WaitingRow {
  /** Its number in the data folder: they came in this order. */
  readonly n: number
  /** When it came, by the clock on the wall, ms. */
  readonly at: number
  /** The input that it came by, and the machine whose agent told it. */
  readonly input: string
  readonly within?: { readonly agent: string; readonly host: string } | undefined
  readonly event: Event
}

/** Which row of the store it is. */
export type ViewKey = Pick<ViewRow, 'host' | 'view' | 'observer' | 'input'>

export function viewKey({ host, view, observer, input }: ViewKey): string {
  return JSON.stringify([host, view, observer, input])
}
