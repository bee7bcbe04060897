/** The programs that some suites start, and what becomes of a suite whose programs are missing. */
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import programs from '../../scripts/test/programs.json' with { type: 'json' };

export interface Program {
  readonly name: string;
  /** Name on the PATH, or a path. */
  readonly command: string;
  /** Arguments with which the command ends with status 0 if it can be used. */
  readonly check: readonly string[];
  /** The Debian package that has it. */
  readonly package: string;
}

/**
 * The program of that name in scripts/test/programs.json.
 * @throws Error if the list has no such program
 */
export function programNamed(name: string): Program {
  const program = programs.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`scripts/test/programs.json has no program ${name}`);
  return program;
}

/** True if the program is installed and starts. */
export function isInstalled(program: Program): boolean {
  return spawnSync(program.command, program.check, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** Something a suite cannot run without: undefined if it is there, else what to do about it. */
export type Requirement = () => string | undefined;

/** That a program of scripts/test/programs.json is installed. */
export function installed(name: string): Requirement {
  const program = programNamed(name);
  return () => (isInstalled(program) ? undefined : `install the Debian package ${program.package}`);
}

/** That this machine has the IPv6 loopback address. */
export const ipv6Loopback: Requirement = () => {
  const addresses = Object.values(networkInterfaces()).flatMap((addressesOfOne) => addressesOfOne ?? []);
  return addresses.some(({ address }) => address === '::1')
    ? undefined
    : 'enable IPv6 on the loopback interface';
};

/**
 * mocha's describe for a suite that cannot run everywhere. If something is missing the suite is
 * skipped and its title says what to do; with REQUIRE_ALL_SUITES=1 it fails instead, so that a run
 * cannot look complete when it is not.
 */
export function describeWith(requirements: readonly Requirement[], title: string, body: () => void): void {
  const missing = requirements.map((isMet) => isMet()).filter((advice) => advice !== undefined);
  if (missing.length === 0) {
    describe(title, body);
  } else if (process.env['REQUIRE_ALL_SUITES'] === '1') {
    describe(title, () => {
      it('has what it needs', () => {
        throw new Error(missing.join('; '));
      });
    });
  } else {
    describe.skip(`${title} [skipped, to run it: ${missing.join('; ')}]`, body);
  }
}
