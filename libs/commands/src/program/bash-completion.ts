import type { Command } from 'commander';

/**
 * A bash script that completes commands and options of this program, and files elsewhere. It contains all words, so
 * that completion starts no process.
 */
export function createBashCompletion(program: Command): string {
  const name = program.name();
  const cases = [...listWordsByPath(program)].map(
    ([path, words]) => `    ${quote(path)}) words=${quote(words.join(' '))} ;;`,
  );
  return `# bash completion of ${name}; load it with: source <(${name} completion bash)
_buildbot_bridge() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' words='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      -c | --config) ((i++)) ;;
      -*) ;;
      *) path+=" $word" ;;
    esac
  done
  case \${path# } in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _buildbot_bridge ${name}`;
}

/** For each command by its path ("messages list"): names of its commands, and options. */
function listWordsByPath(program: Command): Map<string, string[]> {
  const result = new Map<string, string[]>();
  const globals = listOptions(program);
  const visit = (command: Command, path: string) => {
    const names = command.commands.flatMap((child) => [child.name(), ...child.aliases()]);
    result.set(path, [...new Set([...names, ...listOptions(command), ...globals])]);
    for (const child of command.commands)
      for (const name of [child.name(), ...child.aliases()]) visit(child, `${path} ${name}`.trim());
  };
  visit(program, '');
  return result;
}

function listOptions(command: Command): string[] {
  return command.options.flatMap(({ short, long }) => [short, long]).filter((flag) => flag !== undefined);
}

function quote(text: string): string {
  return `'${text}'`;
}
