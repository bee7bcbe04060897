/** Scripts by which a shell completes the commands and options of `tracker`. */
import { COMMANDS } from './commands.mjs';

/**
 * @typedef {import('./commands.mjs').Command} Command
 * @typedef {object} Place where somebody is on a command line
 * @property {string} path the names so far, with blanks between; empty at the beginning
 * @property {readonly { word: string, about: string }[]} words what may come
 * @property {boolean} files whether names of files may come, too
 */

/**
 * @param {string} shell bash, zsh or fish
 * @returns {string} a script for it
 */
export function completionScript(shell) {
  const places = allPlaces();
  if (shell === 'fish') return fishScript(places);
  return shell === 'zsh'
    ? `autoload -U +X bashcompinit && bashcompinit\n${bashScript(places)}`
    : bashScript(places);
}

/** @returns {Place[]} */
function allPlaces() {
  const help = { name: 'help', summary: 'Print the help of a command' };
  const beginning = {
    path: '',
    words: [...COMMANDS, help].map(({ name, summary }) => ({ word: name, about: summary })),
    files: false,
  };
  return [beginning, ...COMMANDS.flatMap((command) => placesOf(command, []))];
}

/**
 * @param {Command} command
 * @param {readonly string[]} before
 * @returns {Place[]}
 */
function placesOf({ name, options = [], argument, commands = [] }, before) {
  const path = [...before, name];
  const words = [
    ...commands.map((inner) => ({ word: inner.name, about: inner.summary })),
    ...(argument?.choices ?? []).map((word) => ({ word, about: argument?.description ?? '' })),
    ...options.map((option) => ({ word: `--${option.name}`, about: option.description })),
    { word: '--help', about: 'Print the help' },
  ];
  const files = argument?.files === true || options.some(({ takes }) => takes === 'FILE');
  return [{ path: path.join(' '), words, files }, ...commands.flatMap((inner) => placesOf(inner, path))];
}

/**
 * The words before the cursor that are no options are the path, as far as they are known.
 * @param {readonly Place[]} places
 */
function bashScript(places) {
  const cases = places.map(({ path, words, files }) => {
    const list = words.map(({ word }) => word).join(' ');
    return `    '${path}') words='${list}'; files=${files ? 1 : ''};;`;
  });
  const known = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `_tracker() {
  local path='' next words='' files='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${known.join('|')}) path="$next";;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  if [[ $files == 1 && \${#COMPREPLY[@]} -eq 0 ]]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -o filenames -F _tracker tracker
`;
}

/** @param {readonly Place[]} places */
function fishScript(places) {
  const lines = places.flatMap(({ path, words, files }) => {
    const names = path === '' ? [] : path.split(' ');
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
    const nested = places
      .filter((other) => other.path.startsWith(`${path} `))
      .map((other) => other.path.split(' ').at(-1));
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : [
            ...seen,
            ...(nested.length === 0 ? [] : [`not __fish_seen_subcommand_from ${nested.join(' ')}`]),
          ].join('; and ');
    return [
      ...words.map(({ word, about }) => {
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c tracker -n '${condition}' ${what} -d '${about.replaceAll("'", "\\'")}'`;
      }),
      ...(files ? [`complete -c tracker -n '${condition}' -F`] : []),
    ];
  });
  return `complete -c tracker -f\n${lines.join('\n')}\n`;
}
