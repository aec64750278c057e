-- SPDX-License-Identifier: GPL-2.0
-- Run by all heads at once: everything that a database can be asked for, and that could come out differently.
CREATE TABLE IF NOT EXISTS a(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE, at TEXT DEFAULT CURRENT_TIMESTAMP,
	r DEFAULT (random()));
CREATE TABLE IF NOT EXISTS b(x, y DEFAULT (datetime('now')));
CREATE TABLE IF NOT EXISTS w(k TEXT PRIMARY KEY, v REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log(what, n);
CREATE TABLE IF NOT EXISTS full(x);
CREATE VIRTUAL TABLE IF NOT EXISTS ft USING fts5(body);
CREATE TRIGGER IF NOT EXISTS tr AFTER INSERT ON a BEGIN
	INSERT INTO log VALUES('a; ' || new.t, new.id);
	INSERT INTO log VALUES(strftime('%f', 'now'), random());
END;
INSERT INTO a(t) VALUES('same at all heads');
INSERT INTO a(t) VALUES(hex(randomblob(8)));
INSERT INTO b(x) VALUES('ä€😀 ''quoted''; "and"'), (x'00ff0a'), (CAST(x'610062' AS TEXT)), (1e300 * 1e10), (0.1 + 0.2);
INSERT OR REPLACE INTO w VALUES('k' || abs(random() % 5), random() / 3.0);
INSERT INTO w VALUES('k1', 1) ON CONFLICT DO UPDATE SET v = v / 7;
INSERT OR IGNORE INTO full(rowid, x) VALUES(9223372036854775807, 'the largest');
INSERT INTO full(x) VALUES('by lot'), ('by lot');
INSERT INTO nowhere VALUES(1);
BEGIN;
INSERT INTO b(x) VALUES('taken back');
INSERT INTO a(t) VALUES('same at all heads');
COMMIT;
BEGIN;
INSERT INTO b(x) VALUES(last_insert_rowid()), (changes()), (total_changes());
INSERT INTO b(x) VALUES(last_insert_rowid()), (changes()), (total_changes());
SAVEPOINT s;
DELETE FROM b;
ROLLBACK TO s;
INSERT INTO ft VALUES('some words ' || random());
COMMIT;
INSERT INTO b(x) SELECT x FROM full ORDER BY random() LIMIT 2;
INSERT OR ROLLBACK INTO a(t) VALUES('same at all heads');
UPDATE b SET x = julianday('now') WHERE rowid % 4 = 1;
DELETE FROM full WHERE rowid IN (SELECT rowid FROM full WHERE x = 'by lot' ORDER BY random() LIMIT 1);
CREATE INDEX IF NOT EXISTS i ON b(x);
ANALYZE;
VACUUM;
INSERT INTO b(x) VALUES('end');
