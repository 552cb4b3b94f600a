import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule, type INestApplication, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
// Not the package's index, which reads uploads of files too.
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
  /** Wires what only an application knows, such as its transport strategy, before anything runs. */
  configure?(app: INestApplication): Promise<void> | void;
  /** Whether the metrics of the process are served too; not by each of several applications in one process. */
  processMetrics?: boolean;
  /** Seconds that a health check may take. */
  checkTimeout?: number;
}

export interface RunningService {
  app: INestApplication;
  /** Address of the health endpoints, without a path. */
  healthUrl: string;
  /** Stops taking work, finishes what is under way, and closes everything. Safe to call again. */
  stop(): Promise<void>;
}

@Module({})
class ServiceRoot {}

/**
 * Starts a service: health is served first, so that probes are answered while an outside system is unavailable, then its
 * microservices begin.
 *
 * @throws StartDelayed when health cannot be served now
 * @throws StartRefused, or whatever a module throws while it is made; everything is closed by then
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
      // Nothing is ever read from a request's body.
      bodyParser: false,
    },
  );
  try {
    const lifecycle = app.get(Lifecycle);
    if (options.processMetrics ?? true) app.get(Metrics).collectProcess();
    restrictServer(app);
    await options.configure?.(app);
    const { host, port } = settings.http;
    // Apart from listening, so that what keeps a module from starting is not taken for a problem of the port.
    await app.init();
    await app.listen(port, host).catch((error: unknown) => {
      throw describeAddressProblem(settings, error);
    });
    await app.startAllMicroservices();
    lifecycle.started();
    return { app, healthUrl: addressOf(app, host), stop: stopper(app, lifecycle) };
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

function stopper(app: INestApplication, lifecycle: Lifecycle): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    lifecycle.stopping();
    stopped ??= app.close();
    return stopped;
  };
}

function addressOf(app: INestApplication, host: string): string {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
