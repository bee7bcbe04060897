/**
 * Reads a profile of `node --cpu-prof`: which functions the processor was in, by the place in the
 * sources.
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { fileURLToPath } from 'node:url';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** Both from 0. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** A node for each sample, and the microseconds before it. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** File and line, or where Node has it from. */
  readonly place: string;
  /** Of the time in which the processor was busy, 0 to 1. */
  readonly share: number;
}

/** What a bundle calls its functions. */
const MINIFIED = /^[\w$]{1,2}$/;

/** Not work: waiting for the next event. */
const IDLE = '(idle)';

/**
 * @param root what is in there is named from there
 * @returns functions by their own time, longest first
 */
export function selfTimes(profileJson: string, root: string): SelfTime[] {
  const { nodes, samples, timeDeltas } = JSON.parse(profileJson) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const sources = new Sources(root);
  const times = new Map<string, { name: string; place: string; microseconds: number }>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    const microseconds = timeDeltas[i] ?? 0;
    if (frame === undefined || frame.functionName === IDLE) continue;
    busy += microseconds;
    const { name, place } = sources.describe(frame);
    const entry = times.get(`${name} ${place}`) ?? { name, place, microseconds: 0 };
    entry.microseconds += microseconds;
    times.set(`${name} ${place}`, entry);
  }
  return [...times.values()]
    .sort((a, b) => b.microseconds - a.microseconds)
    .map(({ name, place, microseconds }) => ({ name, place, share: microseconds / busy }));
}

/** With the name that the source has for what is there, which Node gives and its types leave out. */
interface NamedMapping extends SourceMapping {
  readonly name: string;
}

/**
 * Finds the place in the sources of a place in a bundle, by the map beside the bundle. Of a
 * dependency the installed file is named.
 */
class Sources {
  private readonly maps = new Map<string, SourceMap | undefined>();

  constructor(private readonly root: string) {}

  describe({ functionName, url, lineNumber, columnNumber }: CallFrame): { name: string; place: string } {
    const name = functionName === '' ? '(anonymous)' : functionName;
    if (!url.startsWith('file:') && !url.startsWith('/')) return { name, place: url };
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const entry = this.mapOf(file)?.findEntry(lineNumber, columnNumber);
    // Outside of what the map knows there is no source, whatever the types say.
    const original = entry as Partial<NamedMapping> | undefined;
    const { name: originalName } = original ?? {};
    if (original?.originalSource === undefined || original.originalLine === undefined) {
      return { name, place: `${this.short(file)}:${lineNumber + 1}` };
    }
    const source = this.short(original.originalSource.replace(/^webpack:\/\/[^/]*\//, ''));
    return {
      name: MINIFIED.test(name) ? (originalName ?? name) : name,
      place: `${source}:${original.originalLine + 1}`,
    };
  }

  private mapOf(file: string): SourceMap | undefined {
    if (!this.maps.has(file)) {
      const map = `${file}.map`;
      this.maps.set(
        file,
        file.startsWith(`${this.root}dist/`) && existsSync(map)
          ? new SourceMap(JSON.parse(readFileSync(map, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
          : undefined,
      );
    }
    return this.maps.get(file);
  }

  private short(path: string): string {
    const modules = path.lastIndexOf('node_modules/');
    if (modules >= 0) return path.slice(modules);
    return path.startsWith(this.root) ? path.slice(this.root.length) : path.replace(/^\.\//, '');
  }
}
