interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  /** One sentence for the readers of a dashboard. */
  help: string;
  labels?: readonly string[];
}

/** Every metric of the bridge; on the wire each name begins with `bbb_`. No label carries a task or a builder. */
export const METRICS = {
  build_info: {
    type: 'gauge',
    help: 'Always 1; the version of the bridge and of Node.js are labels.',
    labels: ['version', 'node'],
  },
  messages_total: {
    type: 'counter',
    help: 'Messages from Pulse by outcome: acked, parked, quarantined or requeued.',
    labels: ['queue', 'outcome'],
  },
  message_seconds: {
    type: 'histogram',
    help: 'Time to handle one message from Pulse.',
    labels: ['queue'],
  },
  parked_attempts_total: {
    type: 'counter',
    help: 'Retries of parked messages by outcome.',
    labels: ['queue', 'outcome'],
  },
  kept_messages: {
    type: 'gauge',
    help: 'Messages kept in the bridge database: parked (will be retried) or quarantined (wait for an operator).',
    labels: ['state'],
  },
  pulse_connected: { type: 'gauge', help: '1 while this instance is connected to Pulse, otherwise 0.' },
  pulse_connects_total: { type: 'counter', help: 'Connections that this instance made to Pulse.' },
  event_streams: {
    type: 'gauge',
    help: 'Masters of a modern Buildbot whose events reach this instance of bb-listener.',
  },
  event_streams_lost_total: {
    type: 'counter',
    help: 'Connections that no longer bring the events of a master, by reason: closed, or silent (a ping was not answered).',
    labels: ['reason'],
  },
  reconciles_total: {
    type: 'counter',
    help: 'Decisions about tasks by action and outcome: ok, refused, unavailable or error.',
    labels: ['action', 'outcome'],
  },
  conflicts_total: {
    type: 'counter',
    help: 'Actions that an outside system refused because the state had changed; they were decided anew.',
    labels: ['action'],
  },
  build_requests_created_total: { type: 'counter', help: 'Build requests created in Buildbot.' },
  payload_rejected_total: {
    type: 'counter',
    help: 'Tasks that were ended because their payload was rejected.',
  },
  artifact_failures_total: { type: 'counter', help: 'Artifacts that could not be attached to their run.' },
  pending_to_request_seconds: {
    type: 'histogram',
    help: 'Time from the scheduling of a run to the creation of its build request.',
  },
  request_to_build_seconds: {
    type: 'histogram',
    help: 'Time from the creation of a build request to the claim of its run, when its first build had started.',
  },
  finish_to_resolve_seconds: {
    type: 'histogram',
    help: 'Time from the completion of a build request to the resolution of its run.',
  },
  claim_margin_seconds: {
    type: 'histogram',
    help: 'Time that was left on a claim when it was reclaimed.',
  },
  tracked_tasks: {
    type: 'gauge',
    help: 'Tasks in the bridge database, by whether their run is claimed.',
    labels: ['state'],
  },
  claim_margin_least_seconds: {
    type: 'gauge',
    help: 'Time left on the most urgent claim; NaN while no task is claimed, negative when a claim has expired.',
  },
  tracked_missing: {
    type: 'gauge',
    help: 'Tracked tasks of which the last pass found no task in Taskcluster or no build request in Buildbot.',
  },
  absence_doubted: {
    type: 'gauge',
    help: '1 while so many tracked tasks are missing at once that nothing is done about it, otherwise 0.',
  },
  stuck_requests: {
    type: 'gauge',
    help: "Build requests that their masters still claim long after the end of their builds, in this reflector's last pass; NaN when another reflector made the last one. Of a pass that reflectors share each has its part.",
  },
  cancellation_age_seconds: {
    type: 'gauge',
    help: "Time since the oldest cancellation was due that Buildbot has not carried out, in this reflector's last pass; 0 for none, NaN when another reflector made the last one. Of a pass that reflectors share each has its part.",
  },
  pass_finished_timestamp_seconds: {
    type: 'gauge',
    help: 'When a reflector last finished a pass in which every step worked, in seconds since 1970; NaN before the first.',
  },
  open_requests: {
    type: 'gauge',
    help: "Open build requests of tracked tasks by state, in this reflector's last pass; NaN when another reflector made the last one. Of a pass that reflectors share each has its part.",
    labels: ['state'],
  },
  pauses: {
    type: 'gauge',
    help: 'Pauses in force: for builders that match one no build requests are created.',
  },
  external_calls_total: {
    type: 'counter',
    help: 'Calls to outside systems by operation and result code.',
    labels: ['system', 'op', 'code'],
  },
  external_call_seconds: {
    type: 'histogram',
    help: 'Duration of calls to outside systems, with their retries.',
    labels: ['system'],
  },
  sql_round_trips_total: {
    type: 'counter',
    help: 'Statements sent to each database.',
    labels: ['database'],
  },
  pass_seconds: { type: 'histogram', help: 'Duration of the passes that this reflector made.' },
  loop_interval_seconds: {
    type: 'gauge',
    help: 'Longest planned time between two rounds of a loop.',
    labels: ['loop'],
  },
  last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When this instance last finished a round of a loop without a failure, in seconds since the epoch.',
    labels: ['loop'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

type NameOf<Type> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;
