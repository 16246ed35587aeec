/** The command of Kafka's own tools that sets `setting` (`name=value`) of a topic. */
export function alterTopic(brokers: readonly string[], topic: string, setting: string): string {
  return [
    `kafka-configs.sh --bootstrap-server ${brokers.join(',')} --alter`,
    `--entity-type topics --entity-name ${topic} --add-config ${setting}`,
  ].join(' ');
}
