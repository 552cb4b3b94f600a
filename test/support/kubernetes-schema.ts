import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface Manifest {
  apiVersion: string;
  kind: string;
}

/** Beside this file, so that packages are found; it is never written. */
const FILE = join(dirname(resolve(fileURLToPath(import.meta.url))), 'manifest.checked.ts');

/** Of the Prometheus operator's resources, what ours use: the published types need a later Node.js than the bridge. */
const POD_MONITOR = `interface PodMonitor {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'PodMonitor';
  metadata: { name: string; namespace?: string };
  spec: {
    selector: { matchLabels: Record<string, string> };
    podTargetLabels?: string[];
    podMetricsEndpoints: { port: string; path?: string; interval?: string }[];
  };
}`;

/**
 * What is wrong with a manifest by the published schemas. Kubernetes' validating functions let unknown fields pass, as
 * servers once did; the types of an object literal do not, so the compiler compares them.
 *
 * @returns one line for each problem
 */
export function findSchemaProblems(manifests: readonly Manifest[]): string[] {
  const text = [POD_MONITOR, ...manifests.map(writeStatement)].join('\n');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === FILE || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === FILE
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([FILE], options, host);
  return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  );
}

function writeStatement(manifest: Manifest, index: number): string {
  const { apiVersion, kind } = manifest;
  const isOurs = kind === 'PodMonitor';
  const type = isOurs ? kind : `import('kubernetes-models/${apiVersion}/${kind}').I${kind}`;
  return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
}
