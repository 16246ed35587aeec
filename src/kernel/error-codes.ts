/**
 * The catalogue of everything that can go wrong and what to do about it. docs/errors.md is generated from this table
 * and a test keeps them equal.
 */
export const errorCodes = {
  FIG_CONFIG_NOT_FOUND: {
    meaning: 'The config file does not exist or no `fig up` runs in this folder.',
    remedy: 'Name the file with --config, or run the command in the folder that holds fig.config.ts.',
  },
  FIG_CONFIG_INVALID: {
    meaning: 'The config was read but a value in it is wrong.',
    remedy: 'The message names the key, what was found and what is expected.',
  },
  FIG_CONFIG_FAILED: {
    meaning: 'The config file threw while it was loaded.',
    remedy: 'Fix the error that is given as the cause.',
  },
  FIG_USAGE: {
    meaning: 'A command was called with arguments that do not fit.',
    remedy: 'See --help of the command.',
  },
  FIG_PORT_IN_USE: {
    meaning: 'Another process listens on the port.',
    remedy: 'Stop it, or choose another port.',
  },
  FIG_EMBEDDED_POSTGRES_UNAVAILABLE: {
    meaning: 'The embedded PostgreSQL cannot run here.',
    remedy: 'Set FIG_DATABASE_URL (and LEGACY_DATABASE_URL) to a PostgreSQL 14 or newer.',
  },
  FIG_EMBEDDED_POSTGRES_FAILED: {
    meaning: 'The embedded PostgreSQL did not start.',
    remedy: 'Read the end of its log, which the message quotes.',
  },
  FIG_STORE_UNREACHABLE: {
    meaning: 'The control store does not answer.',
    remedy:
      'Check FIG_DATABASE_URL and that the server accepts connections. Users are served meanwhile, and `fig kill-switch on` sends all reads to legacy without it.',
  },
  FIG_STORE_NEWER: {
    meaning: 'The control store was migrated by a newer version of fig.',
    remedy: 'Run that version, or migrate the store down with it first.',
  },
  FIG_UNKNOWN_FEATURE: {
    meaning: 'No feature of that name is in the config.',
    remedy: 'The message lists the names there are.',
  },
  FIG_WHY_REQUIRED: {
    meaning: 'A rollback, a forced promotion or a forced swap must say why; the reason is kept in the audit.',
    remedy: 'Add --why "...".',
  },
  FIG_RELOAD_REFUSED: {
    meaning: 'The config file changed in something that cannot change while fig runs, so nothing was taken over.',
    remedy: 'Undo what the message names, or stop fig and start it again.',
  },
  FIG_UNKNOWN_GROUP: {
    meaning: 'No stored question shows a group of differences of that id.',
    remedy: '`fig report` shows the ids there are. Groups that were found before fig kept questions have none.',
  },
  FIG_HAR_INVALID: {
    meaning: 'A file cannot be read as a HAR file.',
    remedy: 'Save it again as HAR 1.2, "with content", from the network panel of a browser or from a proxy.',
  },
  FIG_RULES_INVALID: {
    meaning: 'A file does not hold rules for comparing.',
    remedy: 'It holds what `compare` of a feature holds, as JSON or as the default export of a module.',
  },
  FIG_REPORT_NOT_WRITTEN: {
    meaning: 'A report could not be written to the file that was named.',
    remedy: 'Name a file in a folder that this user may write to; the cause says what the system said.',
  },
  FIG_NOT_QUARANTINED: {
    meaning: 'The route is not in quarantine.',
    remedy: 'See `fig quarantine list`; a route is named as it is written there.',
  },
  FIG_OTHER_ROLE: {
    meaning: 'The process that was asked has another role.',
    remedy: 'Ask the one that runs `fig control`: name its admin server with --admin or FIG_ADMIN_URL.',
  },
  FIG_CONFIGS_DIFFER: {
    meaning: 'Processes of one migration run with configs that declare features, read models or visitors differently.',
    remedy:
      'Bring them to the same config; `fig status` marks them. Until then a proxy leaves a feature to legacy whose proof was of other code.',
  },
  FIG_NOT_RUNNING: {
    meaning: 'No running fig answers on the admin address.',
    remedy: 'Start `fig up`, or name its address with --admin.',
  },
  FIG_ADMIN_REFUSED: {
    meaning: 'The admin server refused the request.',
    remedy: 'The message says what was wrong with it.',
  },
  FIG_PREFLIGHT_REFUSED: {
    meaning: 'Capture would put the legacy database at risk or cannot work, so it is not started.',
    remedy: 'Each finding names the object and the statement that mends it.',
  },
  FIG_CAPTURE_WAITS: {
    meaning:
      'Capture cannot begin as long as something is as it is that passes: a lock, an open transaction, a standby, senders that are taken.',
    remedy: 'It is tried again by itself; the message names what is waited for.',
  },
  FIG_REPLICATION_FAILED: {
    meaning: 'The replication stream ended with an error.',
    remedy: 'It is started again by itself; the cause says what the server said.',
  },
  FIG_REPLICATION_PROTOCOL: {
    meaning: 'The server sent a replication message that cannot be read.',
    remedy: 'Report it with the server version; nothing was applied from it.',
  },
  FIG_SPOOL_FULL: {
    meaning:
      'Transactions of the legacy database that are too large for memory found no room on the disk, or more than they may take.',
    remedy:
      'Make room in `capture.spool.folder` (by default the folder for temporary files), let it be on a larger disk, or raise `capture.spool.limit`. Nothing is lost: capture tries again by itself.',
  },
  FIG_SPOOL_FAILED: {
    meaning: 'A transaction that is too large for memory could not be written to or read from a temporary file.',
    remedy:
      'Check `capture.spool.folder` (by default the folder for temporary files). Nothing is lost: capture tries again by itself.',
  },
  FIG_SLOT_PASSED: {
    meaning: 'The replication slot was advanced past what the read model has applied, so changes are missing.',
    remedy: 'The read model is built again by itself; find out who else uses the slot.',
  },
  FIG_TOPIC_GAP: {
    meaning:
      'The topic does not hold every change that comes after what the read model has applied: messages were removed from it, the replication slot was made anew, or a Debezium connector that was started anew may have left some out.',
    remedy:
      'The read model is built again by itself. Let the topic keep messages for longer than a projecting process may be away, and never compact it.',
  },
  FIG_TOPIC_FOREIGN: {
    meaning: 'The topic holds messages that fig did not write, or that are of another migration or of a later fig.',
    remedy:
      'Give each migration a topic of its own, and use one version of fig to write and to read it. Messages that only others wrote are passed over and told in the log.',
  },
  FIG_TOPIC_WAITS: {
    meaning: 'The topic has nothing yet that read models could begin with.',
    remedy:
      'Start what writes to it, a process that captures or a connector, and see what it says; it is tried again by itself.',
  },
  FIG_HOLDER_STUCK: {
    meaning:
      'A process that writes to the topic, or applies changes from it, stands still without having ended, so another one takes its work over.',
    remedy:
      'Look at that process and its machine. Where fig says that it has no right to end its sessions, connect all processes as one role, or grant `pg_signal_backend`; until then the work waits for that process.',
  },
  FIG_LOG_FORKED: {
    meaning:
      'The legacy server failed over or was restored, and does not have every change that the read model has applied.',
    remedy: 'The read model is built again by itself; until then legacy answers.',
  },
  FIG_SOURCE_CHANGED: {
    meaning: 'The columns of a legacy table were changed, or its values without a change of any row.',
    remedy:
      'Nothing, unless the read model uses a column that is gone: tables that were changed are copied again by themselves.',
  },
  FIG_PROJECTION_FAILED: {
    meaning: 'A change could not be applied to the read model.',
    remedy: 'Reads stay with legacy until it is applied; the cause says what failed.',
  },
  FIG_READ_MODEL_FAILING: {
    meaning:
      'A read model failed while it was copied, built or kept in step. Its reads go to legacy; all other read models go on.',
    remedy: 'It is tried again by itself, every minute in the end; the message says what failed.',
  },
  FIG_READ_MODEL_GIVEN_UP: {
    meaning:
      'The legacy server would have to keep too much of its log for a read model that has failed, so it is not asked to any longer.',
    remedy:
      'The read model is copied again by itself once it works. `capture.maxBehind` says how much log may be kept for one.',
  },
  FIG_BATCH_FAILED: {
    meaning: 'A load of a batch read model failed; its rows are those of the load before.',
    remedy: 'It is tried again by itself; the message says what is wrong with what was loaded.',
  },
  FIG_VIEWS_REFUSED: {
    meaning: 'The views of a shared read model cannot be made in the legacy database, so its reads stay with legacy.',
    remedy:
      'The message names the view or the right that is missing; nothing outside of the schema of fig was touched.',
  },
  FIG_REPLICA_UNFIT: {
    meaning: 'The database of a shared read model cannot be read from now, so its reads stay with legacy.',
    remedy: 'It is looked at again by itself; the message says what is wrong with it.',
  },
  FIG_VALUE_TOO_LARGE: {
    meaning:
      'A changed row of the legacy database has a value whose text is 512 MiB long or longer; capture stops at it.',
    remedy:
      'Make the value smaller, then drop the replication slot of fig, so that its log does not bring it again; what was captured is copied again.',
  },
  FIG_MIRROR_ROW_MISSING: {
    meaning: 'An update left out an unchanged large value of a row that the mirror does not have.',
    remedy: 'The read model is built again by itself.',
  },
  FIG_RECONCILE_REFUSED: {
    meaning: 'The read model cannot be compared with the legacy database now.',
    remedy: 'The message says why. Wait until the read model is ready, or until the comparison that runs has ended.',
  },
  FIG_RECONCILE_FAILED: {
    meaning: 'Comparing the read model with the legacy database did not come to its end.',
    remedy: 'Nothing is broken by it; what was repaired stays so. The message says why; run it again after that.',
  },
  FIG_KEY_PARKED: {
    meaning: 'A key of a read model could not be built, or a change could not be understood; a dead letter says why.',
    remedy:
      'Reads of the key (or, where it is not known which, of the feature) go to legacy until it succeeds; see `fig dead-letters list`.',
  },
  FIG_UNKNOWN_DEAD_LETTER: {
    meaning: 'There is no dead letter of that number; it may have been mended meanwhile.',
    remedy: '`fig dead-letters list` shows those there are.',
  },
  FIG_READ_MODEL_NOT_READY: {
    meaning: 'The read model is being copied or built, or is out of use, so there is nothing to verify.',
    remedy: 'Ask again when `fig status` shows it as ready.',
  },
  FIG_VERIFY_REFUSED: {
    meaning: 'A read model that handlers write cannot be verified: what they wrote cannot be built anew key by key.',
    remedy: 'Compare its sources with `fig reconcile`, and its answers in shadow.',
  },
  FIG_UNKNOWN_VERSION: {
    meaning: 'There is no such version of the read model.',
    remedy: '`fig read-models list` shows those there are.',
  },
  FIG_VERSION_IN_USE: {
    meaning: 'A version of a read model that serves, or that the config declares, cannot be dropped.',
    remedy: 'Let another version serve, take `previous` out of the config, start fig again, and then drop it.',
  },
  FIG_LISTEN_FAILED: {
    meaning: 'The proxy cannot listen on the address.',
    remedy:
      'Choose an address of this machine and a port that this user may open; the cause says what the system said.',
  },
  FIG_REQUEST_REFUSED: {
    meaning:
      'The request was not forwarded: it is not proper HTTP, two servers could read it differently (400), or it asks for what the proxy does not do (501).',
    remedy: 'The message says what is wrong with it; the sender has to mend it.',
  },
  FIG_PATH_REFUSED: {
    meaning: 'The path is spelled so that two servers could read it differently, and `paths` is `strict`.',
    remedy: 'The message says what is wrong with it; with `paths: "verbatim"` it goes to legacy as it came.',
  },
  FIG_CERTIFICATE_INVALID: {
    meaning: 'A certificate, key or CA cannot be read or used.',
    remedy:
      'The message names it. When it was replaced while fig runs, the one before stays in use until it is mended.',
  },
  FIG_REQUEST_TOO_LARGE: {
    meaning: 'The header (431) or the body (413) of a request is larger than the proxy may take.',
    remedy: 'Raise limits.headerBytes, limits.headerLines or limits.bodyBytes if such requests are meant to pass.',
  },
  FIG_REQUEST_TOO_SLOW: {
    meaning: 'The header or the body of a request came too slowly (408).',
    remedy: 'Raise limits.headersTimeoutMs or limits.bodyTimeoutMs if clients are really that slow.',
  },
  FIG_OVERLOADED: {
    meaning:
      'The proxy has as many connections or requests as it may have, or the legacy app had no turn in time (503).',
    remedy: 'Find out what holds requests up; then raise limits.connections, inFlight or upstreamConnections.',
  },
  FIG_PROXY_FAULT: {
    meaning: 'The proxy itself failed while it handled a request.',
    remedy: 'The log names the request and the cause; please report it.',
  },
  FIG_UPSTREAM_CONNECT: {
    meaning:
      'No connection to the upstream could be made (502), or none was to be had because the proxy is stopping (503).',
    remedy: 'Check that the legacy app runs at the configured URL.',
  },
  FIG_UPSTREAM_CONNECT_TIMEOUT: {
    meaning: 'The upstream did not accept a connection within `legacy.timeouts.connectMs`.',
    remedy: 'Check the network between the proxy and the legacy app, and whether the app accepts connections.',
  },
  FIG_UPSTREAM_REQUEST_BODY: {
    meaning: 'The upstream closed the connection while it was being sent the body of a request, without an answer.',
    remedy: 'Look at the legacy app; it may have crashed, or refuse bodies of that size without saying so.',
  },
  FIG_UPSTREAM_REQUEST_BODY_TIMEOUT: {
    meaning: 'The upstream took in no more of the body of a request for `legacy.timeouts.requestBodyIdleMs`.',
    remedy: 'Look at the legacy app; raise the limit if it pauses for so long.',
  },
  FIG_UPSTREAM_RESPONSE_HEADERS: {
    meaning: 'The upstream closed the connection before it sent its response headers, or sent what is no proper HTTP.',
    remedy: 'Look at the legacy app; the log names the cause.',
  },
  FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT: {
    meaning: 'The upstream did not send its response headers within `legacy.timeouts.responseHeadersMs`.',
    remedy: 'Look at the legacy app; raise the limit if it is just slow.',
  },
  FIG_UPSTREAM_RESPONSE_BODY: {
    meaning: 'The upstream broke off in the middle of its response body.',
    remedy: 'The client connection is reset so that the cut is not mistaken for an end.',
  },
  FIG_UPSTREAM_RESPONSE_BODY_TIMEOUT: {
    meaning: 'The upstream was silent in the middle of its response body for `legacy.timeouts.responseBodyIdleMs`.',
    remedy: 'Raise the limit, or 0 for none, if its answers pause for so long. Event streams have no such limit.',
  },
  FIG_UPSTREAM_TOTAL_TIMEOUT: {
    meaning: 'A request was not answered to its end within `legacy.timeouts.totalMs`.',
    remedy: 'Raise the limit if large uploads or downloads take longer. Event streams and upgrades have no such limit.',
  },
  FIG_SHADOW_WORKER_DIED: {
    meaning: 'The shadow worker stopped unexpectedly.',
    remedy: 'It is started again by itself; user requests are not touched.',
  },
  FIG_CONFIG_CHANGED: {
    meaning: 'The config file says something else than when fig was started, so no worker can be started with it.',
    remedy: 'Restart fig, or undo the change. The workers that run go on with the config they have.',
  },
  FIG_WORKER_DIED: {
    meaning: 'A process of the proxy stopped unexpectedly, or could not be started.',
    remedy: 'It is replaced by itself; its connections were reset. The log line before says what it failed with.',
  },
  FIG_KAFKA_UNREACHABLE: {
    meaning: 'No Kafka broker answers.',
    remedy:
      'Check `events.brokers`, and that the brokers advertise addresses that this machine reaches. It is tried again by itself.',
  },
  FIG_KAFKA_REFUSED: {
    meaning: 'A Kafka broker does not let fig in or does not allow what it asks, or its certificate is not believed.',
    remedy: 'The message says which. Check `events.security`, and the rights that docs/kafka.md lists.',
  },
  FIG_KAFKA_TOPIC: {
    meaning: 'A Kafka topic does not exist, or does not take what is written to it.',
    remedy: 'The message says which. `fig preflight` checks the topic.',
  },
  FIG_KAFKA_OFFSET_GONE: {
    meaning:
      'A Kafka topic no longer has the messages that have to be read next: retention removed them, or it was made anew.',
    remedy:
      'What is built from it is built again. Raise `retention.ms` above the longest time that a reader may stand still.',
  },
  FIG_KAFKA_COMPRESSION: {
    meaning:
      'Messages of a Kafka topic are compressed in a way that fig cannot read: it reads gzip and what is not compressed.',
    remedy:
      'Have those who write to the topic use gzip or nothing (`compression.type` of their producers and of the topic). What is there already stays as it is.',
  },
  FIG_KAFKA_FAILED: {
    meaning: 'Kafka answered with an error that fig did not foresee.',
    remedy: 'The message quotes it.',
  },
  FIG_EVENT_REFUSED: {
    meaning: 'A message of a topic of events cannot be read as one, or its type or data is not what is declared.',
    remedy:
      'It waits, with what comes after it of its key: declare the type or correct its schema and start fig again, or discard it. Whoever writes it can tell why it is as it is.',
  },
  FIG_EVENT_TOPIC_CHANGED: {
    meaning: 'A topic of events was made anew, or put back, so that what was read of it means nothing.',
    remedy:
      'Raise `version` of the read model: it is read anew from what the topic has now. Until then legacy answers.',
  },
  FIG_EVENTS_LOST: {
    meaning: 'A topic of events removed messages before they were read.',
    remedy:
      'Raise `retention.ms` of the topic above the longest time that fig may stand still. Then raise `version` of the read model: it is read anew from what the topic has now. Until then legacy answers.',
  },
  FIG_RELAY_FAILED: {
    meaning: 'Events of an outbox table could not be sent to their topic.',
    remedy: 'They stay in the table and are tried again by themselves; the message says what is wrong.',
  },
  FIG_DEBEZIUM_SETTING: {
    meaning:
      'The Debezium connector, or its converter, is set so that what it sends has lost something that is needed.',
    remedy: 'The message names the column and what is lost, and the setting that keeps it; see docs/debezium.md.',
  },
  FIG_DEBEZIUM_TYPE: {
    meaning: 'A column is of a type that Debezium cannot send without loss, however it is set.',
    remedy: 'Use events `direct` or `kafka`, which read the log themselves, or leave the table out.',
  },
  FIG_DEBEZIUM_MESSAGE: {
    meaning: 'A message of a Debezium topic cannot be read, or messages are missing.',
    remedy: 'Check that only the connector writes to its topics, as JSON, and that they keep their messages.',
  },
  FIG_INTERNAL: {
    meaning: 'Something failed that fig did not foresee.',
    remedy: 'Report it with the message and, if there is one, the log line that belongs to it.',
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

export type ErrorCode = keyof typeof errorCodes;
