import { createHash, randomBytes } from 'node:crypto';
import { Refused, type Artifact, type RunRef } from '@bbb/rules';
import { MalformedReply } from './calls/answers.js';
import { retry } from './calls/attempts.js';
import { putContent } from './content-upload.js';
import { readReply } from './replies.js';
import type { CallTerms, TaskclusterCalls } from './calls/taskcluster-calls.js';

/** Contents below this size are sent inside the request to the object service, as its own clients do. */
const INLINE_LIMIT = 8192;

/** An artifact with its expiry. */
export type Expiring = Artifact & { expires: string };

type FileArtifact = Extract<Expiring, { kind: 'file' }>;

/**
 * Creates artifacts and uploads their contents. Every step may be repeated for the same artifact.
 *
 * A file is uploaded under a separate name; when it is complete, the artifact's name becomes a link to it. The queue never
 * releases a name: an s3 artifact whose upload failed cannot become an error artifact. An object whose upload was
 * interrupted can neither be finished, since only the answer to createArtifact contains its uploadId, nor created again,
 * which answers 500 (services/queue/src/artifacts.js, version 106).
 */
export class ArtifactAttachment {
  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly storage: 's3' | 'object',
  ) {}

  async attach(run: RunRef, artifact: Expiring, terms: CallTerms): Promise<void> {
    const { expires } = artifact;
    switch (artifact.kind) {
      case 'file':
        return this.attachFile(run, artifact, terms);
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

  private async attachFile(run: RunRef, artifact: FileArtifact, terms: CallTerms): Promise<void> {
    const { name, expires, contentType } = artifact;
    const stored =
      this.storage === 's3'
        ? await this.uploadToBucket(run, artifact, terms)
        : await this.uploadAsObject(run, artifact, terms);
    try {
      await this.create(run, name, { storageType: 'link', expires, contentType, artifact: stored }, terms);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409)) throw error;
      // The link to an earlier upload of the same artifact exists, so that upload is complete.
      if (!(await this.isLinked(run, name, terms))) throw error;
    }
  }

  // The length is not declared when the artifact is created: content that grew between two attempts would conflict.

  /** Returns the name of the upload: always the same name, because an s3 artifact may be created and uploaded again. */
  private async uploadToBucket(run: RunRef, artifact: FileArtifact, terms: CallTerms): Promise<string> {
    const { expires, contentType, content } = artifact;
    const name = uploadName(artifact.name);
    const reply = await this.create(run, name, { storageType: 's3', expires, contentType }, terms);
    const { putUrl } = readReply.s3('createArtifact', reply);
    const target = { url: putUrl, headers: { 'content-type': contentType } };
    await putContent(target, Buffer.from(content), terms.budget, this.calls);
    return name;
  }

  /** Returns the name of the upload: a new name for each attempt, because an object cannot be created twice. */
  private async uploadAsObject(run: RunRef, artifact: FileArtifact, terms: CallTerms): Promise<string> {
    const { contentType } = artifact;
    const body = Buffer.from(artifact.content);
    const { name, object } = await retry(terms.budget, this.calls.limits, async () => {
      const name = uploadName(artifact.name, randomBytes(9).toString('base64url'));
      const request = { storageType: 'object', expires: artifact.expires, contentType };
      const reply = await this.create(run, name, request, { ...terms, retries: 0 });
      return { name, object: readReply.object('createArtifact', reply) };
    });
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

    const hashes = { sha256: computeDigest('sha256', body), sha512: computeDigest('sha512', body) };
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
    return name;
  }

  private async upload(name: string, upload: object, body: Buffer, terms: CallTerms): Promise<void> {
    const call = { service: 'object', method: 'createUpload', params: [name], payload: upload } as const;
    const reply = await this.calls.call(call, terms);
    const { dataInline, putUrl } = readReply.upload('createUpload', reply).uploadMethod;
    if (putUrl) await putContent(putUrl, body, terms.budget, this.calls);
    else if (!dataInline) throw new MalformedReply('createUpload', 'no upload method');
  }

  /** Uses the bridge's own credentials: those of a run lack the scope for it. */
  private async isLinked(run: RunRef, name: string, { budget }: CallTerms): Promise<boolean> {
    const params = [run.taskId, run.runId, name];
    const reply = await this.calls.call({ service: 'queue', method: 'artifactInfo', params }, { budget });
    return readReply.artifact('artifactInfo', reply).storageType === 'link';
  }

  private create(run: RunRef, name: string, payload: object, terms: CallTerms): Promise<unknown> {
    const params = [run.taskId, run.runId, name];
    return this.calls.call({ service: 'queue', method: 'createArtifact', params, payload }, terms);
  }
}

/** The name of an upload: in the same area as the artifact, so that it is equally public. */
function uploadName(name: string, attempt?: string): string {
  const area = name.startsWith('public/') ? 'public/' : '';
  return [`${area}uploads`, ...(attempt === undefined ? [] : [attempt]), name.slice(area.length)].join('/');
}

function computeDigest(algorithm: 'sha256' | 'sha512', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}
