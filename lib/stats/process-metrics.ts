import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

import { single, type MetricFamily } from './metric-family.js';

/** How often the delay of the event loop is looked at, milliseconds. */
const DELAY_RESOLUTION_MS = 20;

/** Processor, memory and event loop of this process, under the names that Node's clients use. */
export class ProcessMetrics {
  private readonly delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  private readonly startedAt = (Date.now() - process.uptime() * 1000) / 1000;
  private utilization = performance.eventLoopUtilization();

  /** Begins to watch the event loop. */
  start(): void {
    this.delay.enable();
  }

  stop(): void {
    this.delay.disable();
  }

  /** The figures of the event loop are those since the last call. */
  families(): MetricFamily[] {
    const { user, system } = process.cpuUsage();
    const memory = process.memoryUsage();
    const utilization = performance.eventLoopUtilization();
    const sinceLast = performance.eventLoopUtilization(utilization, this.utilization);
    this.utilization = utilization;
    const [p50, p99, max] = [this.delay.percentile(50), this.delay.percentile(99), this.delay.max];
    this.delay.reset();
    return [
      {
        ...single(
          'counter',
          'process_cpu_seconds',
          'Processor time of the process, in user and in system mode.',
          (user + system) / 1e6,
        ),
        unit: 'seconds',
      },
      gauge('process_start_time_seconds', 'When the process started, since the epoch.', this.startedAt),
      gauge('process_resident_memory_bytes', 'Memory of the process that is in RAM.', memory.rss),
      gauge('nodejs_heap_size_total_bytes', 'Heap of V8 that is allocated.', memory.heapTotal),
      gauge('nodejs_heap_size_used_bytes', 'Heap of V8 that is in use.', memory.heapUsed),
      gauge('nodejs_external_memory_bytes', 'Memory outside of the heap that V8 knows of.', memory.external),
      gauge('nodejs_eventloop_lag_p50_seconds', 'Delay of the event loop, median.', lagOf(p50)),
      gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop, 99th percentile.', lagOf(p99)),
      gauge('nodejs_eventloop_lag_max_seconds', 'Delay of the event loop, longest.', lagOf(max)),
      single(
        'gauge',
        'nodejs_eventloop_utilization_ratio',
        'Share of time in which the event loop was busy.',
        sinceLast.utilization,
      ),
    ];
  }
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { ...single('gauge', name, help, value), unit: name.slice(name.lastIndexOf('_') + 1) };
}

/** @param nanoseconds between two looks, which are never closer than the resolution */
function lagOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - DELAY_RESOLUTION_MS / 1000);
}
