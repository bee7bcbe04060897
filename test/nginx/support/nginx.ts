/**
 * A real nginx, on loopback, with what nginx.conf of a distribution has around a site's
 * configuration.
 */
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { accepts } from '../../support/accepts.js';
import { eventually } from '../../support/eventually.js';
import { programNamed } from '../../support/programs.js';
import { startProgram, type RunningProgram } from '../../support/running-program.js';

/**
 * Starts nginx and waits until it accepts connections.
 * @param directory an empty one, which the caller removes when nginx has ended; all of nginx's own
 *   files stay in it
 * @param configuration of the http block
 * @param port of loopback, one that the configuration listens on
 * @throws Error with nginx's own words if it does not start
 */
export async function startNginx(
  directory: string,
  configuration: string,
  port: number,
): Promise<RunningProgram> {
  const file = `${directory}/nginx.conf`;
  await writeFile(file, `${surroundings(directory)}http {\n${temporary}${configuration}}\n`);
  const program = await startProgram(programNamed('nginx').command, [
    ...['-p', directory],
    ...['-c', file],
    ...['-e', 'stderr'],
  ]);
  try {
    await eventually('nginx accepts connections', 10_000, () => {
      if (program.exit !== undefined) throw new Error(program.describe());
      return accepts(port);
    });
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

/** Temporary files stay in the test's directory, which belongs to this user. */
function surroundings(directory: string): string {
  return `daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 4096; }
`;
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((module) => `${module}_temp_path temporary-${module};\n`)
  .join('');
