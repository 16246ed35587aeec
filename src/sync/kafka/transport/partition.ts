/** The one partition that has everything, in the order of commits. */
export const PARTITION = 0;
