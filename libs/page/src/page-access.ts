import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Nothing from outside, no inline script or style, and no other page may hold this one. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Lets the page be read where `page.access` allows it. On a loopback address the request must name one, too: a web page
 * from outside, opened on this machine, could otherwise read it under a name that it lets point here.
 */
@Injectable()
export class PageAccess implements CanActivate {
  constructor(@Inject(CONFIGURATION) private readonly configuration: Pick<Configuration, 'http' | 'page'>) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { access } = this.configuration.page;
    const isLocal = LOOPBACK.test(this.configuration.http.host);
    if (access === 'off' || (access === 'loopback' && !isLocal)) throw new NotFoundException();
    const { host = '' } = http.getRequest<IncomingMessage>().headers;
    if (access === 'loopback' && !LOOPBACK.test(host.replace(/:\d+$/, ''))) throw new ForbiddenException();
    const response = http.getResponse<ServerResponse>();
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    return true;
  }
}
