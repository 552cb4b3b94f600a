import { Module } from '@nestjs/common';
import { PageAccess } from './page-access.js';
import { PageChanges } from './page-changes.service.js';
import { PageController } from './page.controller.js';

/** The page for operators, on the port of the health endpoints. Its application provides what the answers are read from. */
@Module({ controllers: [PageController], providers: [PageAccess, PageChanges] })
export class PageModule {}
