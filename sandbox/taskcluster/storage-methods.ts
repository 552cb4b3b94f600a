import { isDeepStrictEqual } from 'node:util';
import { json, type ApiMethod, type ApiRequest, type ApiResponse } from './api-method.js';
import type { QueueState } from './queue-state.js';
import { invalidInput, objectBody } from './queue-methods.js';
import { conflict, notFound } from './refusal.js';

/** Where contents go: the bucket behind putUrls, and the object service in front of it. */
export const STORAGE_METHODS: readonly ApiMethod[] = [
  {
    name: 'putContent',
    verb: 'PUT',
    path: '/bucket/:taskId/:runId/*name',
    open: true,
    handle: (request, { state }) => {
      const until = Number(request.query.get('until'));
      const rightType = request.headers['content-type'] === request.query.get('type');
      const sized = request.headers['content-length'] === String(request.raw.length);
      if (!rightType || request.query.get('signature') === null) return xml(403, 'SignatureDoesNotMatch');
      if (until < state.now()) return xml(403, 'AccessDenied');
      if (!sized) return xml(411, 'MissingContentLength');
      recordOf(request, state).content = request.raw;
      return { status: 200, content: Buffer.alloc(0), headers: { etag: '"sandbox"' } };
    },
  },
  {
    name: 'getContent',
    verb: 'GET',
    path: '/bucket/:taskId/:runId/*name',
    open: true,
    handle: (request, { state }) => {
      const { content, contentType } = recordOf(request, state);
      if (!content) return xml(404, 'NoSuchKey');
      return { status: 200, content, headers: { 'content-type': contentType } };
    },
  },
  {
    name: 'createUpload',
    verb: 'PUT',
    path: '/api/object/v1/upload/*object',
    handle: (request, { state, url }) => {
      const { uploadId, projectId, expires, proposedUploadMethods } = objectBody(request);
      request.authorize(`object:upload:${String(projectId)}:${request.params.object}`);
      const { taskId, runId, name } = splitObject(request.params.object!);
      const record = state.artifact(taskId, Number(runId), name);
      if (!record) throw notFound('Object');
      if (record.uploadId !== uploadId || record.hashes) throw conflict('Object already exists');
      const { dataInline, putUrl } = (proposedUploadMethods ?? {}) as {
        dataInline?: { contentType: string; objectData: string };
        putUrl?: { contentType: string; contentLength: number };
      };
      const reply = (uploadMethod: unknown) => json({ projectId, uploadId, expires, uploadMethod });
      if (dataInline) {
        record.content = Buffer.from(dataInline.objectData, 'base64');
        return reply({ dataInline: true });
      }
      if (!putUrl) return reply({});
      const until = state.now() + 45 * 60_000;
      const signature = new URLSearchParams({
        type: putUrl.contentType,
        until: String(until),
        signature: 'sandbox',
      });
      const path = [taskId, runId, ...name.split('/')].map(encodeURIComponent).join('/');
      return reply({
        putUrl: {
          url: `${url}/bucket/${path}?${signature.toString()}`,
          expires: new Date(until).toISOString(),
          headers: { 'Content-Type': putUrl.contentType, 'Content-Length': String(putUrl.contentLength) },
        },
      });
    },
  },
  {
    name: 'finishUpload',
    verb: 'POST',
    path: '/api/object/v1/finish-upload/*object',
    handle: (request, { state }) => {
      const { uploadId, projectId, hashes } = objectBody(request);
      request.authorize(`object:upload:${String(projectId)}:${request.params.object}`);
      const { taskId, runId, name } = splitObject(request.params.object!);
      const record = state.artifact(taskId, Number(runId), name);
      if (!record?.content) throw notFound('Upload');
      if (typeof hashes !== 'object' || hashes === null) throw invalidInput('hashes');
      if (record.hashes && !isDeepStrictEqual(record.hashes, hashes)) {
        throw conflict('Object is already finished, but with a different hash');
      }
      if (!record.hashes && record.uploadId !== uploadId) throw conflict('uploadId does not match');
      record.hashes = hashes as Record<string, string>;
      return json({});
    },
  },
];

function recordOf(request: ApiRequest, state: QueueState) {
  const { taskId, runId, name } = request.params;
  const record = state.artifact(taskId!, Number(runId), name!);
  if (!record) throw notFound('Object');
  return record;
}

function splitObject(object: string): { taskId: string; runId: string; name: string } {
  const [, taskId, runId, ...name] = object.split('/') as [string, string, string, ...string[]];
  return { taskId, runId, name: name.join('/') };
}

function xml(status: number, code: string): ApiResponse {
  return {
    status,
    content: Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`),
    headers: { 'content-type': 'application/xml' },
  };
}
