import { median } from '../../sync/phase.js';

const all = ({ serverCpu, brokerCpu, leaderCpu, ownCpu }) => serverCpu + brokerCpu + leaderCpu + sum(ownCpu);
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** CPU of everybody so far, in seconds. */
export function usageOf({ server, kafka, leaders, projectors }) {
  return {
    server: server.cpuSeconds(),
    broker: kafka.cpuSeconds(),
    leader: sum(leaders.map((leader) => leader.usage().cpuSeconds)),
    projectors: projectors.map((projector) => projector.usage()),
  };
}

export function usageSince(before, after) {
  return {
    serverCpu: after.server - before.server,
    brokerCpu: after.broker - before.broker,
    leaderCpu: after.leader - before.leader,
    ownCpu: after.projectors.map(({ cpuSeconds }, n) => cpuSeconds - before.projectors[n].cpuSeconds),
    peakRssBytes: after.projectors.map(({ peakRssBytes }) => peakRssBytes),
  };
}

/** Medians over the samples: CPU seconds for 10,000 of so many units, and how busy processes and cores were. */
export function costsOf(samples, units) {
  const per10k = (cpu) => median(samples.map((each) => (cpu(each) * 10_000) / units));
  const share = (cpu) => median(samples.map((each) => cpu(each) / each.seconds));
  return {
    serverCpuPer10k: per10k(({ serverCpu }) => serverCpu),
    brokerCpuPer10k: per10k(({ brokerCpu, leaderCpu }) => brokerCpu + leaderCpu),
    ownCpuPer10k: per10k(({ ownCpu }) => sum(ownCpu)),
    /** Of one core, by the process that had most to do. */
    busiest: share(({ ownCpu }) => Math.max(...ownCpu)),
    /** Cores that all of them had busy together. */
    cores: share(all),
    peakRssBytes: Math.max(...samples.flatMap((each) => each.peakRssBytes)),
  };
}
