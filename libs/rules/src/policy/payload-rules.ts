/** Maximum sizes in a payload. */
export interface PayloadLimits {
  /** Characters of a branch, revision, repository or project; they are ASCII, so bytes as well. */
  text: number;
  /** Bytes of a builder's name in UTF-8. */
  builderNameBytes: number;
  /** Characters of a property's name. */
  propertyName: number;
  /** Bytes of a property as JSON, `[value, "bbb"]`. */
  propertyPairBytes: number;
  /** Number of properties. */
  properties: number;
  /** Bytes of all properties, names included. */
  totalBytes: number;
  /** Levels of nesting in a property's value. */
  depth: number;
}

/** What one kind of Buildbot accepts as a payload. */
export interface PayloadRules {
  limits: PayloadLimits;
  /** Names of properties that a task may not set, because the bridge or a master writes them. */
  reservedProperties: readonly string[];
  /** Names of properties that every task must set, to a string that is not empty. */
  requiredProperties: readonly string[];
  branch: {
    isRequired: boolean;
    /** Characters of the shortest branch. */
    shortest: number;
    /** Whether `.` and `..` may be among its path components. */
    mayHaveDots: boolean;
  };
}
