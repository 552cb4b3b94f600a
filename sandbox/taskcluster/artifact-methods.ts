import type { ArtifactInput, ArtifactRecord } from './artifact-book.js';
import { json, type ApiContext, type ApiMethod, type ApiRequest, type ApiResponse } from './api-method.js';
import { invalidInput, objectBody, runOf } from './queue-methods.js';
import { notFound } from './refusal.js';
import { uploadCredentials } from './temporary-credentials.js';
import { isoTime } from './wire.js';

const RUN = '/api/queue/v1/task/:taskId/runs/:runId';
const PUT_URL_LIFE = 45 * 60_000;

/** Where an artifact's content lies in the bucket. */
const storedName = (taskId: string, runId: number, name: string) => `${taskId}/${runId}/${name}`;

/** What the object service calls an artifact. */
const objectName = (taskId: string, runId: number, name: string) => `t/${taskId}/${runId}/${name}`;

/** The queue's methods for artifacts. */
export const ARTIFACT_METHODS: readonly ApiMethod[] = [
  {
    name: 'createArtifact',
    verb: 'POST',
    path: `${RUN}/artifacts/*name`,
    handle: (request, context) => {
      const { taskId, runId } = creating(request);
      const name = request.params.name!;
      const input = objectBody(request) as unknown as ArtifactInput;
      const record = context.state.createArtifact(taskId, runId, name, input);
      return json(created(record, taskId, runId, context));
    },
  },
  {
    name: 'finishArtifact',
    verb: 'PUT',
    path: `${RUN}/artifacts/*name`,
    handle: (request, { state }) => {
      const { taskId, runId } = creating(request);
      const { uploadId } = objectBody(request);
      if (typeof uploadId !== 'string') throw invalidInput('uploadId');
      state.finishArtifact(taskId, runId, request.params.name!, uploadId);
      return { status: 204 };
    },
  },
  {
    name: 'listArtifacts',
    verb: 'GET',
    path: `${RUN}/artifacts`,
    handle: (request, { state }) => {
      const { taskId, runId } = runOf(request);
      request.authorize(`queue:list-artifacts:${taskId}:${runId}`);
      state.task(taskId);
      const artifacts = state
        .artifactsOf(taskId, runId)
        .filter((record) => record.present)
        .map(({ storageType, name, expires, contentType }) => ({ storageType, name, expires, contentType }));
      return json({ artifacts });
    },
  },
  {
    name: 'artifactInfo',
    verb: 'GET',
    path: `${RUN}/artifact-info/*name`,
    handle: (request, { state }) => {
      const { taskId, runId } = runOf(request);
      request.authorize(`queue:list-artifacts:${taskId}:${runId}`);
      const record = state.artifact(taskId, runId, request.params.name!);
      if (!record?.present) throw notFound('Artifact');
      const { storageType, name, expires, contentType } = record;
      return json({ storageType, name, expires, contentType });
    },
  },
  {
    name: 'getArtifact',
    verb: 'GET',
    path: `${RUN}/artifacts/*name`,
    handle: (request, context) => {
      const { taskId, runId } = runOf(request);
      const name = request.params.name!;
      request.authorize(`queue:get-artifact:${name}`);
      return download(taskId, runId, name, context);
    },
  },
];

function creating(request: ApiRequest) {
  const run = runOf(request);
  request.authorize(`queue:create-artifact:${run.taskId}/${run.runId}`);
  return run;
}

function created(record: ArtifactRecord, taskId: string, runId: number, { state, url }: ApiContext) {
  const { storageType, contentType, expires } = record;
  const name = storedName(taskId, runId, record.name);
  const until = state.now() + PUT_URL_LIFE;
  switch (storageType) {
    case 's3': {
      const path = name.split('/').map(encodeURIComponent).join('/');
      const signature = new URLSearchParams({
        type: contentType,
        until: String(until),
        signature: 'sandbox',
      });
      return {
        storageType,
        contentType,
        expires: isoTime(until),
        putUrl: `${url}/bucket/${path}?${signature.toString()}`,
      };
    }
    case 'object': {
      const { projectId } = state.task(taskId);
      const object = objectName(taskId, runId, record.name);
      const credentials = uploadCredentials(projectId, object, state.now(), until);
      return { storageType, name: object, projectId, uploadId: record.uploadId, expires, credentials };
    }
    case 'reference':
    case 'link':
    case 'error':
      return { storageType };
  }
}

function download(taskId: string, runId: number, name: string, context: ApiContext): ApiResponse {
  const record = context.state.artifact(taskId, runId, name);
  if (!record?.present) throw notFound('Artifact');
  const redirect = (location: string): ApiResponse => ({
    status: 303,
    headers: { location, 'x-taskcluster-artifact-storage-type': record.storageType },
  });
  switch (record.storageType) {
    case 's3':
    case 'object':
      return redirect(
        `${context.url}/bucket/${storedName(taskId, runId, name).split('/').map(encodeURIComponent).join('/')}`,
      );
    case 'reference':
      return redirect(record.url!);
    case 'link':
      return download(taskId, runId, record.artifact!, context);
    case 'error':
      return json({ reason: record.reason, message: record.message }, 424);
  }
}
