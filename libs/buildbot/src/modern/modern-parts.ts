import type { ModuleMetadata } from '@nestjs/common';
import { BuildbotMasters, BuildbotMastersModule, type BuildbotMastersOptions } from '@bbb/modern-buildbot';
import { Buildbot } from '@bbb/rules';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, type BuildbotHealthCheck } from '../health.js';
import { BuildHints } from './build-hints.js';
import { ModernBuildbot } from './modern-buildbot.js';

/** Imports and providers of the module for Buildbot 3.7 and newer. */
export function createModernParts(options: BuildbotMastersOptions): ModuleMetadata {
  return {
    imports: [BuildbotMastersModule.register(options)],
    providers: [
      { provide: Buildbot, useClass: ModernBuildbot },
      BuildHints,
      { provide: BUILDBOT_HEALTH, inject: [BuildbotMasters], useFactory: createModernHealthChecks },
      { provide: BUILDBOT_LOG_HOSTS, useValue: listModernLogHosts(options.url) },
    ],
    exports: [BuildHints],
  };
}

function createModernHealthChecks(masters: BuildbotMasters): BuildbotHealthCheck[] {
  return [
    { name: 'buildbot', kind: 'ready', check: () => masters.findProblem() },
    { name: 'buildbot-login', kind: 'degraded', check: () => masters.findLoginProblem() },
    { name: 'buildbot-scheduler', kind: 'degraded', check: () => masters.findSchedulerProblem() },
  ];
}

/** Any host with https, and the master's own host also with http. The log of a build is its page on the master. */
function listModernLogHosts(url: string): string[] {
  return ['*', ...(URL.canParse(url) ? [`http://${new URL(url).hostname}`] : [])];
}
