/** What makes a process of ours write its CPU profile when it ends; nothing without a folder. */
export const profiling = (folder) => (folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []);
