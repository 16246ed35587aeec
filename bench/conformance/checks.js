import { endChecks } from './end-checks.js';
import { framingChecks } from './framing-checks.js';
import { headChecks } from './head-checks.js';
import { interimChecks } from './interim-checks.js';

/**
 * @typedef {{ port: number, upstream: import('./wire.js').ScriptedUpstream, proxy: any }} Scene
 * @typedef {{ ok: boolean, saw: string }} Finding
 * @typedef {{ name: string, expects: string, onlyOurs?: boolean, run: (scene: Scene) => Promise<Finding> }} Check
 */

/** @type {readonly Check[]} */
export const checks = [...interimChecks, ...headChecks, ...framingChecks, ...endChecks];
