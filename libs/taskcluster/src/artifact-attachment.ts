import { createHash } from 'node:crypto';
import { Refused, type Artifact, type RunRef } from '@bbb/rules';
import { MalformedReply } from './answers.js';
import { putContent } from './content-upload.js';
import { readReply } from './replies.js';
import type { CallTerms, TaskclusterCalls } from './taskcluster-calls.js';

/** Contents below this size travel inside the request to the object service, as its clients do. */
const INLINE_LIMIT = 8192;

/** An artifact whose end is known. */
export type Expiring = Artifact & { expires: string };

type FileArtifact = Extract<Expiring, { kind: 'file' }>;

/** Creates artifacts and uploads their contents. All of it may be repeated for the same artifact. */
export class ArtifactAttachment {
  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly storage: 's3' | 'object',
  ) {}

  async attach(run: RunRef, artifact: Expiring, terms: CallTerms): Promise<void> {
    const { expires } = artifact;
    switch (artifact.kind) {
      case 'file':
        return this.storage === 's3'
          ? this.attachInBucket(run, artifact, terms)
          : this.attachAsObject(run, artifact, terms);
      case 'reference': {
        const { contentType, url } = artifact;
        await this.create(run, artifact.name, { storageType: 'reference', expires, contentType, url }, terms);
        return;
      }
      case 'error': {
        const { reason, message } = artifact;
        await this.create(run, artifact.name, { storageType: 'error', expires, reason, message }, terms);
        return;
      }
    }
  }

  // The length is not announced when the artifact is created: content that grew between two tries would conflict.

  private async attachInBucket(run: RunRef, artifact: FileArtifact, terms: CallTerms): Promise<void> {
    const { name, expires, contentType, content } = artifact;
    const reply = await this.create(run, name, { storageType: 's3', expires, contentType }, terms);
    const { putUrl } = readReply.s3('createArtifact', reply);
    const target = { url: putUrl, headers: { 'content-type': contentType } };
    await putContent(target, Buffer.from(content), terms.budget, this.calls);
  }

  private async attachAsObject(run: RunRef, artifact: FileArtifact, terms: CallTerms): Promise<void> {
    const { name, contentType } = artifact;
    const body = Buffer.from(artifact.content);
    const request = { storageType: 'object', expires: artifact.expires, contentType };
    const object = readReply.object('createArtifact', await this.create(run, name, request, terms));
    const { projectId, uploadId, expires } = object;
    const asUploader = { ...terms, credentials: object.credentials };

    const proposedUploadMethods = {
      ...(body.length < INLINE_LIMIT
        ? { dataInline: { contentType, objectData: body.toString('base64') } }
        : {}),
      putUrl: { contentType, contentLength: body.length },
    };
    const upload = { expires, projectId, uploadId, proposedUploadMethods };
    await this.upload(object.name, upload, body, asUploader);

    const hashes = { sha256: digest('sha256', body), sha512: digest('sha512', body) };
    const finished = { projectId, uploadId, hashes };
    await this.calls.call(
      { service: 'object', method: 'finishUpload', params: [object.name], payload: finished },
      asUploader,
    );
    const params = [run.taskId, run.runId, name];
    await this.calls.call(
      { service: 'queue', method: 'finishArtifact', params, payload: { uploadId } },
      terms,
    );
  }

  /** An object that is finished already is left as it is: finishing it again tells whether it is the same. */
  private async upload(name: string, upload: object, body: Buffer, terms: CallTerms): Promise<void> {
    let reply: unknown;
    try {
      const call = { service: 'object', method: 'createUpload', params: [name], payload: upload } as const;
      reply = await this.calls.call(call, terms);
    } catch (error) {
      if (error instanceof Refused && error.status === 409) return;
      throw error;
    }
    const { dataInline, putUrl } = readReply.upload('createUpload', reply).uploadMethod;
    if (putUrl) await putContent(putUrl, body, terms.budget, this.calls);
    else if (!dataInline) throw new MalformedReply('createUpload', 'no upload method');
  }

  private create(run: RunRef, name: string, payload: object, terms: CallTerms): Promise<unknown> {
    const params = [run.taskId, run.runId, name];
    return this.calls.call({ service: 'queue', method: 'createArtifact', params, payload }, terms);
  }
}

function digest(algorithm: 'sha256' | 'sha512', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}
