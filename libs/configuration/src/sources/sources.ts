import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import type { ServiceName } from '../configuration.js';
import { ConfigurationError } from '../configuration-error.js';
import {
  readCode,
  EVERYBODY_READS,
  GROUP_READS,
  hasMode,
  type JsonObject,
  readJsonFile,
  findValue,
} from './json-file.js';
import { listKeys, type NamedSetting } from '../setting.js';

/** The places where a process finds its configuration. */
export interface SourceOptions {
  /** The JSON file, as named on the command line; BBB_CONFIG otherwise. */
  file?: string;
  environment?: Record<string, string | undefined>;
  /** The working directory, which contains `.env`; relative paths start from it. */
  directory?: string;
}

export interface Found {
  raw: unknown;
  /** The place of the value in words for an operator. */
  origin: string;
  /** Whether the value is text from a variable or a file, to be converted by the setting's kind. */
  isText: boolean;
}

/** A source with an unusable secret. */
export interface Unreadable {
  /** The variable, or key and file. */
  subject: string;
  remedy: string;
}

/** The configured values; defaults come from the settings. */
export class Sources {
  readonly json: JsonObject;
  readonly file: string | undefined;
  readonly dotenv: Record<string, string | undefined>;
  readonly environment: Record<string, string | undefined>;
  private readonly directory: string;

  /** @throws ConfigurationError when the JSON file cannot be used */
  constructor(options: SourceOptions) {
    this.environment = options.environment ?? process.env;
    this.directory = resolve(options.directory ?? '.');
    this.dotenv = readDotenv(join(this.directory, '.env'));
    this.file = options.file ?? this.findVariable('BBB_CONFIG')?.raw;
    this.json = this.file === undefined ? {} : readJsonFile(resolve(this.directory, this.file));
  }

  /** The value from the source with the highest priority that has one. */
  find(setting: NamedSetting, service: ServiceName): Found | Unreadable | undefined {
    const found = this.read(setting, service);
    if (!setting.secret || found === undefined || !('raw' in found) || typeof found.raw !== 'string')
      return found;
    // JSON may contain line ends.
    const text = setting.kind.isJson ? found.raw.replace(/\s+/g, ' ').trim() : found.raw;
    if (text === text.trim() && !INVISIBLE.test(text)) return found;
    const where = found.origin.startsWith(`${setting.variable}_FILE`) ? 'names a file with' : 'has';
    return {
      subject: found.origin,
      remedy: `${where} blanks around the secret or invisible characters in it; remove them`,
    };
  }

  /** The source of a setting's value, valid or not; undefined when no source has one. */
  findOrigin(setting: NamedSetting, service: ServiceName): string | undefined {
    const found = this.read(setting, service);
    if (found === undefined) return undefined;
    return 'raw' in found ? found.origin : found.subject;
  }

  private read(setting: NamedSetting, service: ServiceName): Found | Unreadable | undefined {
    if (setting.secret) {
      const fromFile = this.readSecretFile(`${setting.variable}_FILE`);
      if (fromFile) return fromFile;
    }
    const fromVariable = this.findVariable(setting.variable);
    if (fromVariable) return { ...fromVariable, isText: true };
    for (const key of listKeys(setting, service)) {
      const raw = findValue(this.json, key, setting.kind.isList);
      if (raw !== undefined) return { raw, origin: `${key} in ${this.file}`, isText: false };
    }
    return undefined;
  }

  /**
   * Files with secrets that other users may read. Files of single secrets may be readable by the group, because
   * Kubernetes mounts them that way for a process that is not root.
   */
  findExposedFiles(settings: readonly NamedSetting[]): string[] {
    const secrets = settings.filter(({ secret }) => secret);
    const inJson = secrets.some(({ keys }) => keys.some((key) => findValue(this.json, key) !== undefined));
    const inDotenv = secrets.some(({ variable }) => Boolean(this.dotenv[variable]));
    const files = [
      ...(inJson && this.file !== undefined ? [resolve(this.directory, this.file)] : []),
      ...(inDotenv ? [join(this.directory, '.env')] : []),
    ];
    const single = secrets.flatMap(({ variable }) => this.findVariable(`${variable}_FILE`)?.raw ?? []);
    return [
      ...files.filter((file) => hasMode(file, GROUP_READS | EVERYBODY_READS)),
      ...single.map((file) => resolve(this.directory, file)).filter((file) => hasMode(file, EVERYBODY_READS)),
    ];
  }

  private findVariable(name: string): { raw: string; origin: string } | undefined {
    const inEnvironment = this.environment[name];
    if (inEnvironment !== undefined && inEnvironment !== '') return { raw: inEnvironment, origin: name };
    const inDotenv = this.dotenv[name];
    if (inDotenv !== undefined && inDotenv !== '') return { raw: inDotenv, origin: `${name} in .env` };
    return undefined;
  }

  private readSecretFile(variable: string): Found | Unreadable | undefined {
    const named = this.findVariable(variable);
    if (!named) return undefined;
    try {
      const bytes = readFileSync(resolve(this.directory, named.raw));
      if (!isUtf8(bytes))
        return { subject: variable, remedy: 'names a file that is not UTF-8; save it with that encoding' };
      // An editor may have added a byte order mark and line ends.
      const raw = trimLineEnds(bytes.toString().replace(/^\uFEFF/, ''));
      if (raw === '') return { subject: variable, remedy: 'names an empty file; put the secret into it' };
      return { raw, origin: named.origin, isText: true };
    } catch (error) {
      return {
        subject: variable,
        remedy: `names a file that cannot be read (${readCode(error)}); correct the path or its rights`,
      };
    }
  }
}

/** Characters that no secret contains, such as line ends and byte order marks. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/u;

/** @throws ConfigurationError when the file exists but cannot be read: its settings may be restrictions */
function readDotenv(file: string): Record<string, string> {
  try {
    const bytes = readFileSync(file);
    if (!isUtf8(bytes))
      throw new ConfigurationError([{ subject: file, remedy: 'is not UTF-8; save it with that encoding' }]);
    return parse(bytes.toString().replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    // The file is optional.
    if (readCode(error) === 'ENOENT') return {};
    throw new ConfigurationError([
      { subject: file, remedy: `cannot be read (${readCode(error)}); correct its rights or remove it` },
    ]);
  }
}

function trimLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n' || text[end - 1] === '\r') end--;
  return text.slice(0, end);
}
