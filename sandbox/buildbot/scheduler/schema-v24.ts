/**
 * The scheduler database of Buildbot 0.8.9 to 0.8.14 (schema 24): the tables that masters and a bridge touch.
 * Claims are rows of their own, source stamps belong to sets, masters are objects, foreign keys are declared.
 */
export const SCHEMA_V24: readonly string[] = [
  `CREATE TABLE migrate_version (
    repository_id VARCHAR(250) NOT NULL PRIMARY KEY,
    repository_path TEXT,
    version INTEGER
  )`,
  'CREATE TABLE sourcestampsets (id $id)',
  `CREATE TABLE objects (
    id $id,
    name VARCHAR(128) NOT NULL,
    class_name VARCHAR(128) NOT NULL
  )`,
  `CREATE TABLE patches (
    id $id,
    patchlevel INTEGER NOT NULL,
    patch_base64 TEXT NOT NULL,
    patch_author TEXT NOT NULL,
    patch_comment TEXT NOT NULL,
    subdir TEXT
  )`,
  `CREATE TABLE sourcestamps (
    id $id,
    branch VARCHAR(256),
    revision VARCHAR(256),
    patchid INTEGER,
    repository VARCHAR(512) NOT NULL DEFAULT '',
    codebase VARCHAR(256) NOT NULL DEFAULT '',
    project VARCHAR(512) NOT NULL DEFAULT '',
    sourcestampsetid INTEGER,
    FOREIGN KEY (patchid) REFERENCES patches (id),
    FOREIGN KEY (sourcestampsetid) REFERENCES sourcestampsets (id)
  )`,
  `CREATE TABLE sourcestamp_changes (
    sourcestampid INTEGER NOT NULL,
    changeid INTEGER NOT NULL,
    FOREIGN KEY (sourcestampid) REFERENCES sourcestamps (id)
  )`,
  `CREATE TABLE buildsets (
    id $id,
    external_idstring VARCHAR(256),
    reason VARCHAR(256),
    submitted_at INTEGER NOT NULL,
    complete SMALLINT NOT NULL DEFAULT 0,
    complete_at INTEGER,
    results SMALLINT,
    sourcestampsetid INTEGER,
    FOREIGN KEY (sourcestampsetid) REFERENCES sourcestampsets (id)
  )`,
  `CREATE TABLE buildset_properties (
    buildsetid INTEGER NOT NULL,
    property_name VARCHAR(256) NOT NULL,
    property_value TEXT NOT NULL,
    FOREIGN KEY (buildsetid) REFERENCES buildsets (id)
  )`,
  `CREATE TABLE buildrequests (
    id $id,
    buildsetid INTEGER NOT NULL,
    buildername VARCHAR(256) NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    complete INTEGER DEFAULT 0,
    results SMALLINT,
    submitted_at INTEGER NOT NULL,
    complete_at INTEGER,
    FOREIGN KEY (buildsetid) REFERENCES buildsets (id)
  )`,
  `CREATE TABLE buildrequest_claims (
    brid INTEGER,
    objectid INTEGER,
    claimed_at INTEGER NOT NULL,
    FOREIGN KEY (brid) REFERENCES buildrequests (id),
    FOREIGN KEY (objectid) REFERENCES objects (id)
  )`,
  `CREATE TABLE builds (
    id $id,
    number INTEGER NOT NULL,
    brid INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    finish_time INTEGER,
    FOREIGN KEY (brid) REFERENCES buildrequests (id)
  )`,
  'CREATE UNIQUE INDEX object_identity ON objects (name, class_name)',
  'CREATE INDEX sourcestamps_sourcestampsetid ON sourcestamps (sourcestampsetid)',
  'CREATE INDEX sourcestamp_changes_sourcestampid ON sourcestamp_changes (sourcestampid)',
  'CREATE INDEX buildsets_complete ON buildsets (complete)',
  'CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at)',
  'CREATE INDEX buildset_properties_buildsetid ON buildset_properties (buildsetid)',
  'CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid)',
  'CREATE INDEX buildrequests_buildername ON buildrequests (buildername$short)',
  'CREATE INDEX buildrequests_complete ON buildrequests (complete)',
  'CREATE UNIQUE INDEX ix_buildrequest_claims_brid ON buildrequest_claims (brid)',
  'CREATE INDEX ix_buildrequest_claims_objectid ON buildrequest_claims (objectid)',
  'CREATE INDEX builds_number ON builds (number)',
  'CREATE INDEX builds_brid ON builds (brid)',
  "INSERT INTO migrate_version VALUES ('Buildbot', 'migrate', 24)",
];
