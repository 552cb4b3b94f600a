import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule, type INestApplication, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
// Not the package's index, which also loads file uploads.
import { ExpressAdapter } from '@nestjs/platform-express/adapters/express-adapter.js';
import { checkAddress, describeAddressProblem } from './address.js';
import { restrictServer } from './http-surface.js';
import { Lifecycle } from '../health/lifecycle.js';
import { createLogger } from '../logging/create-logger.js';
import { PinoLogger } from '../logging/pino-logger.js';
import { Redactor } from '../logging/redactor.js';
import { Metrics } from '../metrics/metrics.js';
import { PlatformModule } from '../platform.module.js';
import type { ProcessSettings } from '../process-settings.js';

export interface StartOptions {
  logger?: LoggerService;
  /** Connects what only an application knows, such as its transport strategy, before the service starts. */
  configure?(app: INestApplication): Promise<void> | void;
  /** Whether to serve the metrics of the process too; only one of several applications in a process should. */
  processMetrics?: boolean;
  /** Maximum seconds for a health check. */
  checkTimeout?: number;
}

export interface RunningService {
  app: INestApplication;
  /** Address of the health endpoints, without a path. */
  healthUrl: string;
  /** Stops taking work, finishes work in progress, and closes everything. Safe to call again. */
  stop(): Promise<void>;
}

@Module({})
class ServiceRoot {}

/**
 * Starts a service: first the health endpoints, so that probes are answered while an outside system is unavailable, then
 * its microservices.
 *
 * @throws StartDelayed when the health endpoints cannot be served now
 * @throws StartRefused, or any error of a module's creation; everything is closed before
 */
export async function startService(
  settings: ProcessSettings,
  module: DynamicModule,
  options: StartOptions = {},
): Promise<RunningService> {
  await checkAddress(settings);
  const logger = options.logger ?? createLogger(settings);
  const redactor = logger instanceof PinoLogger ? logger.redactor : new Redactor(settings.secrets);
  const platform = PlatformModule.register(redactor, options.checkTimeout);
  const app = await NestFactory.create(
    { module: ServiceRoot, imports: [platform, module] },
    new ExpressAdapter(),
    {
      logger,
      abortOnError: false,
      forceCloseConnections: true,
      // The body of a request is never read.
      bodyParser: false,
    },
  );
  try {
    const lifecycle = app.get(Lifecycle);
    if (options.processMetrics ?? true) app.get(Metrics).collectProcess();
    restrictServer(app);
    await options.configure?.(app);
    const { host, port } = settings.http;
    // Not together with listening, so that an error of a module is not mistaken for a problem of the port.
    await app.init();
    await app.listen(port, host).catch((error: unknown) => {
      throw describeAddressProblem(settings, error);
    });
    await app.startAllMicroservices();
    lifecycle.markStarted();
    return { app, healthUrl: describeAddress(app, host), stop: createStop(app, lifecycle) };
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

function createStop(app: INestApplication, lifecycle: Lifecycle): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    lifecycle.markStopping();
    stopped ??= app.close();
    return stopped;
  };
}

function describeAddress(app: INestApplication, host: string): string {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
