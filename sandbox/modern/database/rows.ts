import type { JsonValue } from '@bbb/rules';

/** A value and who set it. */
export type Property = readonly [value: JsonValue | bigint, source: string];
export type Properties = ReadonlyMap<string, Property>;

export interface SourceStamp {
  codebase: string;
  repository: string;
  branch: string | null;
  revision: string | null;
  project: string;
}

// The fields of a master's data API; times are whole epoch seconds.

export interface MasterRow {
  masterid: number;
  name: string;
  active: boolean;
  last_active: number;
}

export interface BuilderRow {
  builderid: number;
  name: string;
  description: string | null;
  tags: string[];
  masterids: number[];
}

export interface WorkerRow {
  workerid: number;
  name: string;
  paused: boolean;
  graceful: boolean;
  connected_to: { masterid: number }[];
  configured_on: { masterid: number; builderid: number }[];
}

export interface BuildsetRow {
  bsid: number;
  external_idstring: string | null;
  reason: string;
  submitted_at: number;
  complete: boolean;
  complete_at: number | null;
  results: number;
  parent_buildid: number | null;
  rebuilt_buildid: number | null;
  sourcestamps: (SourceStamp & { ssid: number; patch: null; created_at: number })[];
}

export interface RequestRow {
  buildrequestid: number;
  buildsetid: number;
  builderid: number;
  priority: number;
  submitted_at: number;
  claimed: boolean;
  claimed_at: number | null;
  claimed_by_masterid: number | null;
  complete: boolean;
  complete_at: number | null;
  results: number;
  waited_for: boolean;
}

export interface BuildRow {
  buildid: number;
  number: number;
  builderid: number;
  buildrequestid: number;
  workerid: number;
  masterid: number;
  started_at: number;
  complete: boolean;
  complete_at: number | null;
  results: number | null;
  state_string: string;
}

export interface StepRow {
  stepid: number;
  buildid: number;
  number: number;
  name: string;
  started_at: number;
  complete: boolean;
  complete_at: number | null;
  results: number | null;
  state_string: string;
}

export interface LogRow {
  logid: number;
  stepid: number;
  name: string;
  slug: string;
  type: string;
  num_lines: number;
  complete: boolean;
}
