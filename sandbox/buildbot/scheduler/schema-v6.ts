/**
 * The scheduler database of Buildbot 0.8.2 and Mozilla's fork of it (schema 6): the tables that masters and a bridge
 * touch. Claims are columns of buildrequests; there are no foreign keys. `$id`, `$text` and `$short` differ by
 * dialect: see `schema.ts`.
 */
export const SCHEMA_V6: readonly string[] = [
  'CREATE TABLE version (version INTEGER NOT NULL)',
  `CREATE TABLE patches (
    id $id,
    patchlevel INTEGER NOT NULL,
    patch_base64 TEXT NOT NULL,
    subdir TEXT
  )`,
  `CREATE TABLE sourcestamps (
    id $id,
    branch VARCHAR(256) DEFAULT NULL,
    revision VARCHAR(256) DEFAULT NULL,
    patchid INTEGER DEFAULT NULL,
    repository $text,
    project $text
  )`,
  'CREATE TABLE sourcestamp_changes (sourcestampid INTEGER NOT NULL, changeid INTEGER NOT NULL)',
  `CREATE TABLE buildsets (
    id $id,
    external_idstring VARCHAR(256) DEFAULT NULL,
    reason VARCHAR(256) DEFAULT NULL,
    sourcestampid INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    complete SMALLINT NOT NULL DEFAULT 0,
    complete_at INTEGER DEFAULT NULL,
    results SMALLINT DEFAULT NULL
  )`,
  `CREATE TABLE buildset_properties (
    buildsetid INTEGER NOT NULL,
    property_name VARCHAR(256) NOT NULL,
    property_value VARCHAR(1024) NOT NULL
  )`,
  `CREATE TABLE buildrequests (
    id $id,
    buildsetid INTEGER NOT NULL,
    buildername VARCHAR(256) NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    claimed_at INTEGER DEFAULT 0,
    claimed_by_name VARCHAR(256) DEFAULT NULL,
    claimed_by_incarnation VARCHAR(256) DEFAULT NULL,
    complete INTEGER DEFAULT 0,
    results SMALLINT DEFAULT NULL,
    submitted_at INTEGER NOT NULL,
    complete_at INTEGER DEFAULT NULL
  )`,
  `CREATE TABLE builds (
    id $id,
    number INTEGER NOT NULL,
    brid INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    finish_time INTEGER DEFAULT NULL
  )`,
  'CREATE INDEX sourcestamp_changes_sourcestampid ON sourcestamp_changes (sourcestampid)',
  'CREATE INDEX buildsets_complete ON buildsets (complete)',
  'CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at)',
  'CREATE INDEX buildset_properties_buildsetid ON buildset_properties (buildsetid)',
  'CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid)',
  'CREATE INDEX buildrequests_buildername ON buildrequests (buildername$short)',
  'CREATE INDEX buildrequests_complete ON buildrequests (complete)',
  'CREATE INDEX buildrequests_claimed_at ON buildrequests (claimed_at)',
  'CREATE INDEX buildrequests_claimed_by_name ON buildrequests (claimed_by_name$short)',
  'CREATE INDEX builds_number ON builds (number)',
  'CREATE INDEX builds_brid ON builds (brid)',
  'INSERT INTO version VALUES (6)',
];
