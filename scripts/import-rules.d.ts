export function readImportRules(): Map<string, string[]>;
