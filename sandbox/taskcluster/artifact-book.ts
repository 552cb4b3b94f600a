import { slugid } from './identifiers.js';
import type { QueueContext } from './queue-context.js';
import { conflict, inputError, notFound, QueueRefusal } from './refusal.js';
import type { RunRecord, TaskRecord } from './task-record.js';

/** The body of createArtifact. */
export type ArtifactInput = { expires: string } & (
  | { storageType: 's3' | 'object'; contentType: string; contentLength?: number }
  | { storageType: 'reference'; contentType: string; url: string }
  | { storageType: 'link'; contentType?: string; artifact: string }
  | { storageType: 'error'; reason: string; message: string }
);

/** An artifact as the queue remembers it; `content` once uploaded. */
export interface ArtifactRecord {
  name: string;
  storageType: ArtifactInput['storageType'];
  contentType: string;
  expires: string;
  url?: string;
  artifact?: string;
  reason?: string;
  message?: string;
  uploadId?: string;
  /** An object's upload has been finished; all other types are present at once. */
  present: boolean;
  content?: Buffer;
  /** Set once an object's upload is finished; from then on its content stays as it is. */
  hashes?: Record<string, string>;
}

const ERROR_REASONS = [
  'file-missing-on-worker',
  'invalid-resource-on-worker',
  'too-large-file-on-worker',
  'file-not-readable-on-worker',
];

const KEYS: Record<string, readonly string[]> = {
  s3: ['storageType', 'expires', 'contentType', 'contentLength'],
  object: ['storageType', 'expires', 'contentType', 'contentLength'],
  reference: ['storageType', 'expires', 'contentType', 'url'],
  link: ['storageType', 'expires', 'contentType', 'artifact'],
  error: ['storageType', 'expires', 'reason', 'message'],
};

/** The artifacts of every run. */
export class ArtifactBook {
  private readonly byRun = new Map<string, Map<string, ArtifactRecord>>();

  constructor(private readonly queue: QueueContext) {}

  create(taskId: string, runId: number, name: string, input: ArtifactInput): ArtifactRecord {
    checkInput(input);
    const { task, run } = this.claimedRun(taskId, runId);
    const expires = Date.parse(input.expires);
    const { now, settings } = { now: this.queue.now(), settings: this.queue.settings };
    if (expires > task.expires) throw inputError('Artifact expires after its task');
    if (expires < now - settings.createdTolerance * 1000) throw inputError('Artifact expires in the past');
    const late =
      run.state === 'exception'
        ? now > run.resolved! + settings.artifactGrace * 1000
        : run.state !== 'running';
    if (late) throw conflict('Artifacts cannot be created for a run that is resolved');

    const wanted = recordOf(name, input);
    const existing = this.find(taskId, runId, name);
    // The queue creates the object with an uploadId of its own choice before it looks for an artifact of the name.
    if (existing?.storageType === 'object' && input.storageType === 'object') {
      throw new QueueRefusal('InternalServerError', 'Object already exists');
    }
    if (existing && !mayChange(existing, wanted)) {
      throw conflict('Artifact already exists, with different type, content type or later expiration');
    }
    const record = existing ? update(existing, wanted) : wanted;
    this.run(taskId, runId).set(name, record);
    if (record.present && record.storageType !== 's3') this.announce(task, runId, record);
    return record;
  }

  finish(taskId: string, runId: number, name: string, uploadId: string): void {
    const record = this.find(taskId, runId, name);
    if (!record) throw notFound('Artifact');
    if (record.storageType !== 'object') throw inputError('Only object artifacts are finished');
    if (!record.present) {
      if (record.uploadId !== uploadId) throw inputError('uploadId does not match');
      if (!record.hashes) throw inputError('The upload is not finished');
      record.present = true;
    }
    this.announce(this.queue.get(taskId), runId, record);
  }

  find(taskId: string, runId: number, name: string): ArtifactRecord | undefined {
    return this.byRun.get(`${taskId}/${runId}`)?.get(name);
  }

  of(taskId: string, runId: number): ArtifactRecord[] {
    return [...(this.byRun.get(`${taskId}/${runId}`)?.values() ?? [])];
  }

  /**
   * The artifacts of a run as a reader gets them, by their names: a link has what its target has, and a target is not
   * listed beside the link.
   */
  readable(taskId: string, runId: number): ArtifactRecord[] {
    const records = this.of(taskId, runId);
    const targets = new Set(records.map(({ artifact }) => artifact));
    return records
      .filter(({ name }) => !targets.has(name))
      .map((record) =>
        record.artifact === undefined
          ? record
          : { ...(this.find(taskId, runId, record.artifact) ?? record), name: record.name },
      );
  }

  private claimedRun(taskId: string, runId: number): { task: TaskRecord; run: RunRecord } {
    const task = this.queue.find(taskId);
    if (!task) throw inputError(`Task \`${taskId}\` not found`);
    const run = task.runs[runId];
    if (!run) throw inputError(`Run ${runId} not found on task \`${taskId}\``);
    if (run.workerId === undefined) throw inputError(`Run ${runId} has not been claimed`);
    return { task, run };
  }

  private run(taskId: string, runId: number): Map<string, ArtifactRecord> {
    const key = `${taskId}/${runId}`;
    const run = this.byRun.get(key) ?? new Map<string, ArtifactRecord>();
    this.byRun.set(key, run);
    return run;
  }

  private announce(task: TaskRecord, runId: number, record: ArtifactRecord): void {
    const { storageType, name, expires, contentType } = record;
    this.queue.announce.artifactCreated(task, runId, { storageType, name, expires, contentType });
  }
}

function checkInput(input: ArtifactInput): void {
  const known = KEYS[input.storageType];
  const wrong =
    !known ||
    Object.keys(input).some((key) => !known.includes(key)) ||
    Number.isNaN(Date.parse(input.expires)) ||
    (input.storageType === 'reference' && !URL.canParse(input.url)) ||
    (input.storageType === 'link' && typeof input.artifact !== 'string') ||
    (input.storageType === 'error' &&
      (!ERROR_REASONS.includes(input.reason) ||
        typeof input.message !== 'string' ||
        input.message.length > 4096)) ||
    (input.storageType !== 'error' && input.storageType !== 'link' && !isContentType(input.contentType));
  if (wrong) throw new QueueRefusal('InputValidationError', 'Schema validation failed');
}

const isContentType = (value: unknown) => typeof value === 'string' && value.length <= 255;

function recordOf(name: string, input: ArtifactInput): ArtifactRecord {
  const { storageType, expires } = input;
  const common = { name, storageType, expires: new Date(expires).toISOString(), present: true };
  switch (input.storageType) {
    case 's3':
      return { ...common, contentType: input.contentType };
    case 'object':
      return { ...common, contentType: input.contentType, present: false, uploadId: slugid() };
    case 'reference':
      return { ...common, contentType: input.contentType, url: input.url };
    case 'link':
      return {
        ...common,
        contentType: input.contentType ?? 'application/octet-stream',
        artifact: input.artifact,
      };
    case 'error':
      return { ...common, contentType: 'application/json', reason: input.reason, message: input.message };
  }
}

/** A repeat may move `expires` ahead and a reference to another url or to a link; nothing else. */
function mayChange(existing: ArtifactRecord, wanted: ArtifactRecord): boolean {
  if (Date.parse(wanted.expires) < Date.parse(existing.expires)) return false;
  if (existing.storageType === 'reference' && wanted.storageType === 'link') return true;
  return (
    existing.storageType === wanted.storageType &&
    existing.contentType === wanted.contentType &&
    existing.reason === wanted.reason &&
    existing.message === wanted.message &&
    existing.artifact === wanted.artifact
  );
}

function update(existing: ArtifactRecord, wanted: ArtifactRecord): ArtifactRecord {
  return { ...existing, ...wanted, present: existing.present, uploadId: existing.uploadId };
}
