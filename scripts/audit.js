// Fails when a production package has a known vulnerability of high or critical severity that no exception argues for.
// A registry that answers no audits is told, and is no failure unless BBB_AUDIT_REQUIRED=1.
import { spawnSync } from 'node:child_process';

/** Name of a package -> the decision record that argues why it may stay. */
const EXCEPTIONS = {};

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  timeout: 120_000,
});
const vulnerabilities = answered(stdout);
if (!vulnerabilities) {
  console.log('audit of production packages: no answer from the registry');
  process.exitCode = process.env.BBB_AUDIT_REQUIRED === '1' ? 1 : 0;
} else {
  const severe = Object.values(vulnerabilities).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  const unargued = severe.filter(({ name }) => !Object.hasOwn(EXCEPTIONS, name));
  console.log(
    `audit of production packages: ${unargued.length} high or critical, ` +
      `${severe.length - unargued.length} excepted, ${Object.keys(vulnerabilities).length} in all`,
  );
  for (const { name, severity, range } of unargued) console.error(`${severity}: ${name} ${range}`);
  process.exitCode = unargued.length > 0 ? 1 : 0;
}

function answered(text) {
  try {
    return JSON.parse(text).vulnerabilities;
  } catch {
    return undefined;
  }
}
