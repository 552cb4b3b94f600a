import type { JsonValue } from '@bbb/rules';
import { bridsOf, type Build } from './build.js';
import type { MessageKind } from './plan.js';
import { propertiesAfterUpload, propertiesAtStart } from './properties.js';
import type { Property } from './scheduler/requests.js';
import type { MasterIdentity } from './scheduler/claims.js';
import { stepsAtEnd, stepsAtStart, textOf } from './steps.js';

/** A message without its envelope's time of sending, which is known when it leaves. */
export interface BuildMessage {
  kind: MessageKind;
  routingKey: string;
  payload: JsonValue;
  messageId: number;
}

/** Published ids are cut off here, in the master and in postrun alike: further requests are never told of. */
const REPORTED_REQUESTS = 100;

/** Buildbot's PulseStatus, when a build starts. */
export function startedMessage(build: Build, messageId: number): BuildMessage {
  const body = buildBody(build, build.builder.name, propertiesAtStart(build), {
    times: [timestamp(build.startedAt), null],
    text: [],
    results: null,
    steps: stepsAtStart(),
  });
  return message('started', build, { build: body, ...reportedIds(build) }, messageId);
}

/** Buildbot's PulseStatus, when a build ends; recorded ones are without what the steps set. */
export function finishedMessage(build: Build, messageId: number): BuildMessage {
  const body = buildBody(build, build.builder.name, propertiesAtStart(build), ending(build, false));
  const payload = { build: body, results: build.results, ...reportedIds(build) };
  return message('finished', build, payload, messageId);
}

/** Mozilla's postrun script: names the builder by its directory, and the requests in a property. */
export function logUploadedMessage(build: Build, logUrl: string | null, statusdbId: number): BuildMessage {
  const properties = propertiesAfterUpload(build, logUrl, statusdbId);
  const body = buildBody(build, build.builder.shortname, properties, ending(build, true));
  return message('log_uploaded', build, { build: body }, statusdbId);
}

/** The envelope around a payload. @param sent epoch seconds */
export function envelope(
  { payload, routingKey, messageId }: BuildMessage,
  exchange: string,
  master: MasterIdentity,
  sent: number,
): JsonValue {
  return {
    payload,
    _meta: {
      exchange,
      routing_key: routingKey,
      serializer: 'json',
      sent: pacific(sent),
      master_name: master.name,
      master_incarnation: master.incarnation,
      message_id: messageId,
    },
  };
}

function message(kind: MessageKind, build: Build, payload: JsonValue, messageId: number): BuildMessage {
  return { kind, routingKey: `build.${build.builder.shortname}.${build.number}.${kind}`, payload, messageId };
}

function reportedIds(build: Build): { request_ids?: number[] } {
  if (build.plan.buildRequestIds === 'missing') return {};
  if (build.plan.buildRequestIds === 'empty') return { request_ids: [] };
  return { request_ids: bridsOf(build).slice(0, REPORTED_REQUESTS) };
}

function ending(build: Build, withReboot: boolean) {
  return {
    times: [timestamp(build.startedAt), timestamp(build.endedAt)],
    text: textOf(build),
    results: build.results,
    steps: stepsAtEnd(build, withReboot),
  };
}

function buildBody(
  build: Build,
  builderName: string,
  properties: Property[],
  course: { times: JsonValue[]; text: string[]; results: number | null; steps: JsonValue[] },
): JsonValue {
  const { branch, revision, repository, project, hasPatch } = build.requests[0]!;
  return {
    builderName,
    number: build.number,
    sourceStamp: { revision, hasPatch, branch, changes: [], project, repository },
    reason: build.requests.map(({ reason }) => reason).join(', '),
    blame: [],
    properties,
    times: course.times,
    text: course.text,
    results: course.results,
    slave: build.worker,
    eta: null,
    steps: course.steps,
    currentStep: null,
  };
}

/** `2017-05-12T11:04:24+0000` */
function timestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, '+0000');
}

const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  timeZoneName: 'longOffset',
});

/** `2017-05-12T04:04:37-07:00`: the masters' hosts keep Pacific time. */
function pacific(seconds: number): string {
  const moment = new Date(seconds * 1000);
  const zone = PACIFIC.formatToParts(moment).find(({ type }) => type === 'timeZoneName')!.value;
  const offset = zone.replace('GMT', '');
  const [hours, minutes] = offset.split(':').map(Number);
  const shift = hours! * 3600 + Math.sign(hours!) * minutes! * 60;
  return new Date((seconds + shift) * 1000).toISOString().replace(/\.\d+Z$/, offset);
}
