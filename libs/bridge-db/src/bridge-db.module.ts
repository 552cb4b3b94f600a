import {
  Clock,
  InstanceStore,
  MessageStore,
  PassStore,
  PauseStore,
  Redaction,
  TaskStore,
  Telemetry,
  TurnStore,
  WalkStore,
} from '@bbb/rules';
import { type DynamicModule, Module } from '@nestjs/common';
import { BridgeDb } from './bridge-db.js';
import type { BridgeDbOptions } from './data-source.js';
import { MessageStoreSql } from './messages/message-store-sql.js';
import { InstanceStoreSql } from './operation/instance-store-sql.js';
import { PauseStoreSql } from './operation/pause-store-sql.js';
import { PassStoreSql } from './passes/pass-store-sql.js';
import { TaskStoreSql } from './tasks/task-store-sql.js';
import { TurnStoreSql } from './turns/turn-store-sql.js';
import { WalkStoreSql } from './walks/walk-store-sql.js';

/**
 * The bridge database for an application: {@link BridgeDb} and the stores of the ports. The application provides
 * {@link Clock} in a global module, and {@link Redaction} where messages hold secrets. Opened while the application
 * starts, closed after its message handlers have ended.
 */
@Module({})
export class BridgeDbModule {
  static register(options: BridgeDbOptions): DynamicModule {
    return {
      module: BridgeDbModule,
      providers: [
        {
          provide: BridgeDb,
          inject: [{ token: Telemetry, optional: true }],
          useFactory: async (telemetry?: Telemetry) => {
            const db = new BridgeDb(options, undefined, telemetry);
            await db.open();
            return db;
          },
        },
        { provide: TaskStoreSql, inject: [BridgeDb], useFactory: (db: BridgeDb) => new TaskStoreSql(db) },
        {
          provide: MessageStoreSql,
          inject: [BridgeDb, Clock, { token: Redaction, optional: true }],
          useFactory: (db: BridgeDb, clock: Clock, redaction?: Redaction) =>
            new MessageStoreSql(db, clock, redaction),
        },
        { provide: TurnStore, inject: [BridgeDb], useFactory: (db: BridgeDb) => new TurnStoreSql(db) },
        { provide: PassStore, inject: [BridgeDb], useFactory: (db: BridgeDb) => new PassStoreSql(db) },
        { provide: WalkStore, inject: [BridgeDb], useFactory: (db: BridgeDb) => new WalkStoreSql(db) },
        { provide: PauseStore, inject: [BridgeDb], useFactory: (db: BridgeDb) => new PauseStoreSql(db) },
        {
          provide: InstanceStore,
          inject: [BridgeDb],
          useFactory: (db: BridgeDb) => new InstanceStoreSql(db),
        },
        { provide: TaskStore, useExisting: TaskStoreSql },
        { provide: MessageStore, useExisting: MessageStoreSql },
      ],
      exports: [
        BridgeDb,
        TaskStore,
        MessageStore,
        TurnStore,
        PassStore,
        WalkStore,
        PauseStore,
        InstanceStore,
      ],
    };
  }
}
