import type { ProxySide } from './proxy-side.ts';
import type { ServiceStack } from '../starting/service-stack.ts';

/**
 * Stops a fig: users first. Readiness is red and the admin server still says so while the proxy drains, and what requests
 * under way need (read models, positions, phases) is there until the last of them is through.
 */
export async function drainThenStop(side: ProxySide, stack: ServiceStack): Promise<void> {
  try {
    await side.stop();
  } finally {
    await stack.stop();
  }
}
