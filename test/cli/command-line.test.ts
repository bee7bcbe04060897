import { expect } from 'chai';
import fc from 'fast-check';

import { refusalOf } from '../../lib/cli/before-install.mjs';
import { readCommandLine, type Wanted } from '../../lib/cli/command-line.mjs';
import { COMMANDS, type Command } from '../../lib/cli/commands.mjs';

interface Read {
  readonly wanted: Wanted | undefined;
  readonly status: number | undefined;
  readonly out: string;
  readonly err: string;
}

function read(args: readonly string[], hasColors = false): Read {
  const texts = { out: '', err: '' };
  const result = readCommandLine(args, {
    version: '1.2.3',
    output: {
      out: (text) => (texts.out += text),
      err: (text) => (texts.err += text),
      outHasColors: hasColors,
      errHasColors: hasColors,
    },
  });
  return { wanted: undefined, status: undefined, ...result, ...texts };
}

/** Every command with its names; those that only hold others are not among them. */
function allCommands(commands = COMMANDS, path: readonly string[] = []): [readonly string[], Command][] {
  return commands.flatMap((command): [readonly string[], Command][] => {
    const names = [...path, command.name];
    return command.commands === undefined ? [[names, command]] : allCommands(command.commands, names);
  });
}

/** What a command takes after its options, if anything. */
function argumentsFor({ argument }: Command): string[] {
  return argument === undefined ? [] : [argument.choices?.[0] ?? 'something'];
}

describe('a command line of tracker', () => {
  it('is a command with its options and arguments, in any order', () => {
    const wanted = {
      command: ['announce'],
      args: ['udp://t.example:1', 'x'],
      options: { port: 80, json: true },
    };
    expect(read(['announce', '--port', '80', 'udp://t.example:1', '--json', 'x']).wanted).to.deep.equal(
      wanted,
    );
    expect(read(['announce', 'udp://t.example:1', 'x', '--json', '--port=80']).wanted).to.deep.equal(wanted);
    expect(read(['list', 'add', 'x', '--settings', 'f']).wanted).to.deep.equal({
      command: ['list', 'add'],
      args: ['x'],
      options: { settings: 'f' },
    });
  });

  it('takes the older name of an option for the new one', () => {
    expect(read(['deploy', '--env-file', 'f']).wanted?.options).to.deep.equal({ settings: 'f' });
  });

  for (const [names, command] of allCommands()) {
    const name = names.join(' ');

    it(`of ${name} has a short help of its own, with all its options, and status 0`, () => {
      for (const help of ['--help', '-h']) {
        const { status, out, err } = read([...names, help]);
        expect([status, err]).to.deep.equal([0, '']);
        expect(out).to.match(new RegExp(`^Usage: tracker ${name} `));
        expect(out.split('\n').length).to.be.below(40);
        for (const option of command.options ?? []) expect(out).to.contain(`--${option.name}`);
      }
    });

    it(`of ${name} is refused with status 2 for an option it does not know, before and after an install`, () => {
      const args = [...names, ...argumentsFor(command), '--setings'];
      const { status, out, err } = read(args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.contain("unknown option '--setings'").and.to.contain(`"tracker ${name} --help"`);
      expect(refusalOf(args)).to.contain("'--setings'");
    });

    it(`of ${name} is refused with status 2 if its arguments are too few or too many, also before an install`, () => {
      const given = argumentsFor(command);
      const wrong = given.length === 0 ? ['more'] : [];
      expect(read([...names, ...wrong]).status).to.equal(2);
      expect(refusalOf([...names, ...wrong])).to.be.a('string');
      expect(read([...names, ...given]).wanted?.command).to.deep.equal(names);
      expect(refusalOf([...names, ...given])).to.equal(undefined);
    });
  }

  it('that is misspelt is refused with what was probably meant', () => {
    expect(read(['strat']).err).to.contain('Did you mean start?');
    expect(read(['start', '--setings=f']).err).to.contain('Did you mean --settings?');
    expect(read(['list', 'ad', 'x'])).to.include({ status: 2 });
    for (const args of [['strat'], ['list', 'ad', 'x'], ['list'], []]) {
      expect(read(args).status, args.join(' ')).to.equal(2);
      expect(refusalOf(args), args.join(' ')).to.be.a('string');
    }
  });

  for (const [what, args] of [
    ['no number', ['announce', 'x', '--port', 'http']],
    ['a number out of range', ['announce', 'x', '--port', '65536']],
    ['a negative number', ['announce', 'x', '--left=-1']],
    ['a word that is none of its words', ['announce', 'x', '--event', 'begun']],
    ['no value', ['announce', 'x', '--port']],
  ] as const) {
    it(`is refused with status 2 if an option has ${what}, and says what it takes`, () => {
      const { status, out, err } = read(args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.match(/^error: .+\n"tracker announce --help"/);
    });
  }

  it('that asks for help or the version gets it, with status 0', () => {
    expect(read(['--version'])).to.include({ status: 0, out: '1.2.3\n' });
    for (const args of [['--help'], ['help']]) {
      const { status, out } = read(args);
      expect(status).to.equal(0);
      for (const { name, summary } of COMMANDS) {
        expect(out).to.match(new RegExp(`^ {2}${name} `, 'm'));
        expect(out.replaceAll(/\s+/g, ' ')).to.contain(summary);
      }
    }
    expect(read(['help', 'start']).out).to.match(/^Usage: tracker start /);
  });

  it('gets help with colours where they can be seen, and nowhere else', () => {
    expect(read(['--help'], true).out).to.contain('\x1b[');
    expect(read(['--help'], false).out).to.not.contain('\x1b');
  });

  it('is never used by one reader and refused by the other if names of options are all that is wrong', () => {
    const names = fc.constantFrom('start', 'purge', 'doctor', 'deploy', 'front', 'list show');
    const option = fc.constantFrom(
      '--settings=f',
      '--json',
      '--force',
      '--preview',
      '--schedule',
      '--env-file=f',
      '--x',
    );
    fc.assert(
      fc.property(names, fc.uniqueArray(option, { maxLength: 4 }), (name, options) => {
        const args = [...name.split(' '), ...options];
        expect(refusalOf(args) === undefined).to.equal(read(args).wanted !== undefined);
      }),
    );
  });
});
