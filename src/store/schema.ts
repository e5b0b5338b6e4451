/**
 * Migrations, in order; a store is at version n when the first n have run. Never edit one that was released:
 * add another.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE checkpoint (input TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE stream (
    input TEXT NOT NULL, stream TEXT NOT NULL, offset INTEGER NOT NULL, state TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (input, stream)
  ) WITHOUT ROWID;
  CREATE TABLE seen (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, keep INTEGER NOT NULL);
  CREATE TABLE container (
    id TEXT PRIMARY KEY, resource TEXT NOT NULL, mounts TEXT NOT NULL, time INTEGER NOT NULL, gone INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX container_gone ON container (gone) WHERE gone IS NOT NULL;
  CREATE TABLE incident (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, entity TEXT NOT NULL, level INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, status TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX incident_key ON incident (key, first);
  CREATE INDEX incident_last ON incident (last, id);
  CREATE TABLE alert (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, incident TEXT NOT NULL, strategy TEXT NOT NULL, rule TEXT NOT NULL,
    title TEXT NOT NULL, level INTEGER NOT NULL, attack TEXT NOT NULL, entity TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, kept INTEGER NOT NULL,
    status TEXT NOT NULL, verdict TEXT, note TEXT, posture INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX alert_key ON alert (key, first);
  CREATE INDEX alert_last ON alert (last, id);
  CREATE INDEX alert_incident ON alert (incident);
  CREATE TABLE evidence (
    alert TEXT NOT NULL, n INTEGER NOT NULL, event TEXT NOT NULL, time INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (alert, n)
  ) WITHOUT ROWID;
  CREATE TABLE finding (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    message TEXT NOT NULL, resource TEXT, at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX finding_at ON finding (at);
  CREATE TABLE counter (kind TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
  CREATE TABLE failure (n INTEGER PRIMARY KEY, reason TEXT NOT NULL, stream TEXT NOT NULL, position TEXT NOT NULL, sample TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE TABLE audit (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);
  CREATE TRIGGER audit_is_append_only_1 BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  CREATE TRIGGER audit_is_append_only_2 BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  `,
  `
  CREATE TABLE body (n INTEGER PRIMARY KEY, input TEXT NOT NULL, stream TEXT NOT NULL, length INTEGER NOT NULL, UNIQUE (stream, input));
  `,
  // why an alert has another level than its rule's
  'ALTER TABLE alert ADD COLUMN rating TEXT',
  // What the queue shows and searches of an incident stands in its row: the queue is read far more often than written.
  `
  ALTER TABLE incident ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE incident ADD COLUMN attack TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE incident ADD COLUMN who TEXT NOT NULL DEFAULT '';
  ALTER TABLE incident ADD COLUMN rules TEXT NOT NULL DEFAULT '\n';
  ALTER TABLE incident ADD COLUMN strategies TEXT NOT NULL DEFAULT '\n';
  UPDATE incident SET
    count = (SELECT coalesce(sum(count), 0) FROM alert WHERE alert.incident = incident.id),
    attack = (SELECT json_group_array(value) FROM
      (SELECT DISTINCT each.value FROM alert, json_each(alert.attack) AS each WHERE alert.incident = incident.id)),
    who = (SELECT coalesce(group_concat(atom, char(10)), '') FROM json_tree(incident.entity) WHERE atom IS NOT NULL),
    rules = (SELECT char(10) || coalesce(group_concat(title, char(10)), '') || char(10) FROM
      (SELECT DISTINCT title FROM alert WHERE alert.incident = incident.id)),
    strategies = (SELECT char(10) || coalesce(group_concat(strategy, char(10)), '') || char(10) FROM
      (SELECT DISTINCT strategy FROM alert WHERE alert.incident = incident.id));
  CREATE TRIGGER alert_opened AFTER INSERT ON alert BEGIN
    UPDATE incident SET
      count = count + new.count,
      attack = (SELECT json_group_array(value) FROM
        (SELECT value FROM json_each(incident.attack) UNION SELECT value FROM json_each(new.attack)))
    WHERE id = new.incident;
    UPDATE incident SET rules = rules || new.title || char(10)
    WHERE id = new.incident AND instr(rules, char(10) || new.title || char(10)) = 0;
    UPDATE incident SET strategies = strategies || new.strategy || char(10)
    WHERE id = new.incident AND instr(strategies, char(10) || new.strategy || char(10)) = 0;
  END;
  CREATE TRIGGER alert_grew AFTER UPDATE OF count ON alert WHEN new.count <> old.count BEGIN
    UPDATE incident SET count = count + new.count - old.count WHERE id = new.incident;
  END;
  DROP INDEX incident_last;
  CREATE INDEX incident_queue ON incident (last, id, level, status, first, who, rules, strategies);
  CREATE INDEX incident_status ON incident (status, last, id);
  DROP INDEX alert_last;
  CREATE INDEX alert_queue ON alert (posture, last, id);
  CREATE INDEX alert_status ON alert (posture, status, last, id);
  CREATE INDEX alert_strategy ON alert (strategy, last, id);
  DROP INDEX alert_incident;
  CREATE INDEX alert_incident ON alert (incident, level DESC, first, id);
  CREATE INDEX alert_open ON alert (incident) WHERE status = 'open';
  `,
  // IP addresses that a container has and had
  'ALTER TABLE container ADD COLUMN addresses TEXT',
  // what sinks are told: one row for each sink and key, and the level of each subject that a sink was told of last
  `
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    incident TEXT, alert TEXT, level INTEGER, strategy TEXT, notice TEXT NOT NULL, created INTEGER NOT NULL,
    since INTEGER NOT NULL, next INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    settled INTEGER, error TEXT, digest INTEGER
  );
  CREATE INDEX outbox_pending ON outbox (sink, id) WHERE state = 'pending' AND digest IS NULL;
  CREATE INDEX outbox_delivered ON outbox (sink, settled) WHERE state = 'delivered';
  CREATE INDEX outbox_state ON outbox (state, id);
  CREATE INDEX outbox_in_digest ON outbox (digest) WHERE digest IS NOT NULL;
  CREATE INDEX outbox_digests ON outbox (sink, created) WHERE kind = 'digest';
  CREATE TABLE notified (sink TEXT NOT NULL, subject TEXT NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (sink, subject)) WITHOUT ROWID;
  `,
  // how each sink is doing is asked without reading what it is told
  `
  CREATE INDEX outbox_sink ON outbox (sink, state, created);
  CREATE INDEX outbox_failed ON outbox (sink, coalesce(settled, next)) WHERE error IS NOT NULL;
  `,
  // whom alone it is still to reach; and what waits for its next attempt is found without reading what does not
  `
  ALTER TABLE outbox ADD COLUMN receivers TEXT;
  CREATE INDEX outbox_waiting ON outbox (sink, next) WHERE state = 'pending' AND digest IS NULL;
  `,
  // the queue is asked without the posture report
  `
  DROP INDEX incident_queue;
  CREATE INDEX incident_queue ON incident (last, id, kind, level, status, first, who, rules, strategies);
  DROP INDEX incident_status;
  CREATE INDEX incident_status ON incident (status, last, id, kind);
  `,
  // who told of a container: an input, and whether it asks the container's engine itself
  `
  ALTER TABLE container ADD COLUMN input TEXT NOT NULL DEFAULT '';
  ALTER TABLE container ADD COLUMN engine INTEGER NOT NULL DEFAULT 0;
  `,
  // how far the runs of sensors were read
  'CREATE TABLE sensor_run (n INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, body TEXT NOT NULL)',
  // When, by the clock on the wall, something changed last: what is old is removed. What was there counts from now.
  `
  ALTER TABLE incident ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
  UPDATE incident SET changed = CAST(unixepoch('subsec') * 1000 AS INTEGER);
  CREATE INDEX incident_changed ON incident (status, changed);
  ALTER TABLE container ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
  UPDATE container SET told = CAST(unixepoch('subsec') * 1000 AS INTEGER);
  CREATE INDEX notified_subject ON notified (subject);
  CREATE INDEX outbox_dead ON outbox (settled) WHERE state = 'dead';
  CREATE TRIGGER alert_removed AFTER DELETE ON alert BEGIN
    UPDATE incident SET count = count - old.count WHERE id = old.incident;
  END;
  `,
  // matches that correlations take, until no window can hold them, and what each correlation remembers of each group
  `
  CREATE TABLE signal (
    n INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, event TEXT NOT NULL, uses TEXT NOT NULL,
    body TEXT NOT NULL, expires INTEGER NOT NULL
  );
  CREATE INDEX signal_order ON signal (time, event, n);
  CREATE INDEX signal_expires ON signal (expires);
  CREATE TABLE correlation_window (
    correlation TEXT NOT NULL, grp TEXT NOT NULL, state TEXT NOT NULL, deadline INTEGER, expires INTEGER NOT NULL,
    PRIMARY KEY (correlation, grp)
  ) WITHOUT ROWID;
  CREATE INDEX window_deadline ON correlation_window (deadline) WHERE deadline IS NOT NULL;
  CREATE INDEX window_stalest ON correlation_window (correlation, expires);
  CREATE INDEX window_expires ON correlation_window (expires);
  `,
  // what arrives of what, and when strategies saw less than they assume; what was heard last has the highest number
  `
  CREATE TABLE coverage (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
  CREATE TABLE covered_container (
    n INTEGER PRIMARY KEY, source TEXT NOT NULL, container TEXT NOT NULL, input TEXT NOT NULL, node TEXT NOT NULL,
    events INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, arrival INTEGER NOT NULL,
    UNIQUE (source, container)
  );
  CREATE TABLE coverage_interval (
    n INTEGER PRIMARY KEY, key TEXT NOT NULL, strategy TEXT NOT NULL, assumption TEXT NOT NULL, place TEXT NOT NULL,
    state TEXT NOT NULL, cause TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
    UNIQUE (key, since)
  );
  CREATE INDEX coverage_interval_open ON coverage_interval (key) WHERE until IS NULL;
  `,
  // whether who told of a container asks its cluster's API server itself, and what one says of the pod of a container
  `
  ALTER TABLE container ADD COLUMN cluster INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE container ADD COLUMN pod TEXT;
  `,
  // what each view of a machine says of its containers; what was heard last has the highest number
  'CREATE TABLE container_view (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)',
  // what of streams that cannot be read again no record was made of yet
  `
  CREATE TABLE stream_rest (
    n INTEGER PRIMARY KEY, input TEXT NOT NULL, stream TEXT NOT NULL, offset INTEGER NOT NULL, bytes BLOB NOT NULL,
    UNIQUE (input, stream, offset)
  );
  CREATE TRIGGER stream_forgotten AFTER DELETE ON stream BEGIN
    DELETE FROM stream_rest WHERE input = old.input AND stream = old.stream;
  END;
  `,
  // what was observed for baselines until it is folded, by hours of event time; what they know of each key, and of
  // its past numbers, which change seldom
  `
  CREATE TABLE observed (n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, upto INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE INDEX observed_epoch ON observed (epoch);
  CREATE INDEX observed_upto ON observed (upto);
  CREATE TABLE baseline_key (
    baseline TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, status TEXT NOT NULL, last INTEGER NOT NULL,
    deadline INTEGER, expires INTEGER NOT NULL, PRIMARY KEY (baseline, key)
  ) WITHOUT ROWID;
  CREATE INDEX baseline_deadline ON baseline_key (deadline) WHERE deadline IS NOT NULL;
  CREATE INDEX baseline_stalest ON baseline_key (baseline, expires, status);
  CREATE INDEX baseline_expires ON baseline_key (expires);
  CREATE TABLE baseline_past (
    baseline TEXT NOT NULL, key TEXT NOT NULL, past TEXT NOT NULL, PRIMARY KEY (baseline, key)
  ) WITHOUT ROWID;
  `,
  // folders of the host at which a container's root stands
  'ALTER TABLE container ADD COLUMN roots TEXT',
  // events that wait for what is known of their containers
  'CREATE TABLE waiting_event (n INTEGER PRIMARY KEY, body BLOB NOT NULL)',
  // baselines by number; keys in the order in which they were first seen, and how many are how far, so that what is
  // written of a key is its row alone; what was told in rounds of several steps, until they are over
  `
  CREATE TABLE baseline (n INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE);
  INSERT INTO baseline (hash) SELECT DISTINCT baseline FROM baseline_key;
  CREATE TABLE baseline_state (
    n INTEGER PRIMARY KEY, baseline INTEGER NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL, last INTEGER NOT NULL,
    deadline INTEGER, expires INTEGER NOT NULL, state TEXT NOT NULL, UNIQUE (baseline, key)
  );
  CREATE TABLE baseline_numbers (n INTEGER PRIMARY KEY, past TEXT NOT NULL);
  CREATE TABLE baseline_count (
    baseline INTEGER NOT NULL, status TEXT NOT NULL, expires INTEGER NOT NULL, keys INTEGER NOT NULL,
    PRIMARY KEY (baseline, status, expires)
  ) WITHOUT ROWID;
  INSERT INTO baseline_state (baseline, key, status, last, deadline, expires, state)
    SELECT baseline.n, key, status, last, deadline, expires, state
    FROM baseline_key JOIN baseline ON hash = baseline_key.baseline;
  INSERT INTO baseline_numbers SELECT baseline_state.n, past FROM baseline_past
    JOIN baseline ON hash = baseline_past.baseline
    JOIN baseline_state ON baseline_state.baseline = baseline.n AND baseline_state.key = baseline_past.key;
  INSERT INTO baseline_count SELECT baseline, status, expires, count(*) FROM baseline_state
    GROUP BY baseline, status, expires;
  DROP TABLE baseline_key;
  DROP TABLE baseline_past;
  CREATE INDEX baseline_due ON baseline_state (deadline) WHERE deadline IS NOT NULL;
  CREATE INDEX baseline_expiry ON baseline_state (baseline, status, expires);
  CREATE TABLE baseline_told (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL);
  CREATE INDEX baseline_told_order ON baseline_told (time, event);
  CREATE TRIGGER baseline_key_counted AFTER INSERT ON baseline_state BEGIN
    INSERT INTO baseline_count VALUES (new.baseline, new.status, new.expires, 1)
      ON CONFLICT DO UPDATE SET keys = keys + 1;
  END;
  CREATE TRIGGER baseline_key_gone AFTER DELETE ON baseline_state BEGIN
    UPDATE baseline_count SET keys = keys - 1
      WHERE baseline = old.baseline AND status = old.status AND expires = old.expires;
    DELETE FROM baseline_count
      WHERE baseline = old.baseline AND status = old.status AND expires = old.expires AND keys = 0;
    DELETE FROM baseline_numbers WHERE n = old.n;
  END;
  CREATE TRIGGER baseline_key_moved AFTER UPDATE OF status, expires ON baseline_state
  WHEN new.status <> old.status OR new.expires <> old.expires BEGIN
    INSERT INTO baseline_count VALUES (new.baseline, new.status, new.expires, 1)
      ON CONFLICT DO UPDATE SET keys = keys + 1;
    UPDATE baseline_count SET keys = keys - 1
      WHERE baseline = old.baseline AND status = old.status AND expires = old.expires;
    DELETE FROM baseline_count
      WHERE baseline = old.baseline AND status = old.status AND expires = old.expires AND keys = 0;
  END;
  `,
  // identities of records, a row for those of one batch: up to how many there are with them, and [id, content] of each
  `
  CREATE TABLE seen_batch (upto INTEGER PRIMARY KEY, body TEXT NOT NULL);
  INSERT INTO seen_batch SELECT count(*), json_group_array(json_array(id, content))
    FROM (SELECT id, content FROM seen WHERE keep = 0 ORDER BY n) HAVING count(*) > 0;
  DELETE FROM seen WHERE keep = 0;
  `,
  // who created objects of clusters
  'CREATE TABLE creator (n INTEGER PRIMARY KEY, object TEXT NOT NULL UNIQUE, body TEXT NOT NULL)',
]
