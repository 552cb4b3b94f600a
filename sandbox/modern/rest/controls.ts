import type { MasterProcess } from '../master/process.js';
import { forceThroughBridge } from '../schedulers/bridge-scheduler.js';
import { InvalidParameters, RemoteError } from '../schedulers/errors.js';
import { forceThroughForm } from '../schedulers/force-scheduler.js';
import { type Answer, jsonAnswer, rpcErrorAnswer } from './answers.js';
import { readPythonJson } from './json.js';

const INVALID_REQUEST = -32600;
const NO_METHOD = -32601;
const INVALID_PARAMETERS = -32602;
const INTERNAL = -32603;
const NO_JSON = -32700;

interface RpcCall {
  method: string;
  params: Record<string, unknown>;
}

class UnknownMethod extends Error {}

/** Answers POST below /api/v2. @param user the account of the session */
export function control(process: MasterProcess, path: string, body: string, user: string): Answer {
  let id: unknown;
  try {
    const call = readPythonJson(body) as { id?: unknown } & RpcCall;
    if (typeof call !== 'object' || call === null || typeof call.method !== 'string')
      return rpcErrorAnswer(400, INVALID_REQUEST, 'JSONRPC call must be an object with a method');
    id = call.id;
    const result = carryOut(
      process,
      path.split('/').filter(Boolean),
      { ...call, params: call.params ?? {} },
      user,
    );
    return jsonAnswer({ id, jsonrpc: '2.0', result: result ?? null }, 'application/json');
  } catch (error) {
    if (error instanceof SyntaxError)
      return rpcErrorAnswer(400, NO_JSON, `JSON parse error: ${error.message}`);
    if (error instanceof InvalidParameters)
      return rpcErrorAnswer(400, INVALID_PARAMETERS, error.problems, id);
    if (error instanceof UnknownMethod) return rpcErrorAnswer(501, NO_METHOD, 'invalid control action', id);
    if (error instanceof RemoteError) return rpcErrorAnswer(500, INTERNAL, error.message, id);
    throw error;
  }
}

/** Most calls answer with nothing, whether they have an effect or not. */
function carryOut(
  process: MasterProcess,
  [collection, key = '', ...more]: string[],
  { method, params }: RpcCall,
  user: string,
): unknown {
  if (more.length > 0) throw new UnknownMethod();
  const reason = typeof params.reason === 'string' ? params.reason : 'no reason';
  switch (`${collection}.${method}`) {
    case 'buildrequests.cancel':
      return process.cancel(Number(key), reason);
    case 'builds.stop': {
      const build = process.context.database.builds.get(Number(key));
      if (build && !build.complete) process.runOf(build.buildrequestid)?.cancel(reason);
      return null;
    }
    case 'builds.rebuild':
      return rebuild(process, Number(key));
    case 'workers.pause':
    case 'workers.unpause': {
      const name = process.context.database.workers.get(Number(key))?.name ?? '';
      const slot = process.context.workers.get(name);
      if (slot) process[method as 'pause' | 'unpause'](slot);
      return null;
    }
    default:
      if (collection === 'forceschedulers')
        return force(process, decodeURIComponent(key), method, params, user);
      if (collection === 'buildrequests')
        throw new RemoteError(`ValueError('action: ${method} is not supported')`);
      throw new UnknownMethod();
  }
}

function force(
  process: MasterProcess,
  scheduler: string,
  method: string,
  params: Record<string, unknown>,
  user: string,
): unknown {
  const { bridgeSchedulers, forceScheduler } = process.context.configuration;
  // An unknown method is a success.
  if (method !== 'force') return null;
  if (bridgeSchedulers.includes(scheduler)) return forceThroughBridge(scheduler, process, params);
  if (forceScheduler?.name === scheduler) return forceThroughForm(process, user, params);
  throw new RemoteError("'NoneType' object has no attribute 'force'");
}

/** A copy of the build's build set, with the key of the original. */
function rebuild(process: MasterProcess, buildid: number): [number, Record<string, number>] {
  const { database } = process.context;
  const rebuilt = database.builds.require(buildid);
  const { builderid, buildsetid } = database.requests.require(rebuilt.buildrequestid);
  const set = database.buildsets.require(buildsetid);
  const { codebase, repository, branch, revision, project } = set.sourcestamps[0]!;
  return process.requests.add({
    ...{ builderIds: [builderid], externalId: set.external_idstring, reason: 'rebuild', rebuilt },
    properties: database.setProperties.get(buildsetid)!,
    sourcestamp: { codebase, repository, branch, revision, project },
  });
}
