-- SPDX-License-Identifier: GPL-2.0
-- From one head: all of it must work, and give the same at every head, whatever it takes from time, chance or history.
;;;
/* nothing */;
CREATE TABLE d(id INTEGER PRIMARY KEY, r DEFAULT (random()), b DEFAULT (hex(randomblob(9))), ts DEFAULT CURRENT_TIMESTAMP,
	da DEFAULT CURRENT_DATE, ti DEFAULT CURRENT_TIME, x);
CREATE TABLE v(x, n INTEGER GENERATED ALWAYS AS (length(x)) STORED, h AS (hex(x)));
CREATE TABLE s(k INTEGER PRIMARY KEY, a TEXT NOT NULL, b ANY) STRICT;
CREATE TABLE w(k PRIMARY KEY, x) WITHOUT ROWID;
CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE TABLE lucky(x CHECK(x IS NOT random()));
CREATE INDEX i ON v(upper(x)) WHERE n > 3;
CREATE VIEW luck AS SELECT random() AS r, hex(randomblob(5)) AS b, strftime('%Y-%m-%d %H:%M:%f', 'now') AS t;
CREATE TRIGGER tr AFTER INSERT ON w BEGIN
	INSERT INTO d(x) VALUES(new.k || ';'), (random());
	UPDATE auto SET x = datetime('now') WHERE id = (SELECT min(id) FROM auto);
END;
INSERT OR IGNORE INTO lucky WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40) SELECT i FROM n;
INSERT INTO d DEFAULT VALUES;
INSERT INTO d(x) SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3;
INSERT INTO v(x) VALUES(date('now')), (time()), (datetime('now', 'localtime')), (datetime('now', 'utc')), (julianday('now')),
	(unixepoch()), (strftime('%s')), (strftime('%J %f', 'now')), (date('now', 'start of month', '+1 month')),
	(datetime(0, 'unixepoch', 'localtime')), (CURRENT_TIMESTAMP), (datetime());
INSERT INTO v(x) VALUES(random()), (abs(random() % 100)), (randomblob(20)), (randomblob(-1)), (random() = random());
INSERT INTO v(x) VALUES(sqlite_version()), (sqlite_source_id()), (sqlite_compileoption_get(0)), (changes()), (total_changes()),
	(last_insert_rowid()), (printf('%p %s', 1, 'a')), (sqrt(2)), (exp(1.1)), (CAST(x'80ff41' AS TEXT)), ('not ÿ UTF-8 Ã');
INSERT INTO s VALUES(1, 'one', random()), (2, 'two', x'00'), (3, '', NULL);
INSERT INTO s VALUES(2, 'again', 1) ON CONFLICT(k) DO UPDATE SET b = randomblob(3) || excluded.a RETURNING k, hex(b) = '';
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) INSERT INTO w SELECT i, random() FROM n;
WITH x AS (SELECT random() AS r) INSERT INTO v(x) SELECT r FROM x UNION ALL SELECT r FROM x;
REPLACE INTO w SELECT k, datetime('now') FROM w LIMIT 7;
CREATE TABLE copy AS SELECT random() AS r, * FROM d ORDER BY random() LIMIT 20;
INSERT INTO copy SELECT random(), * FROM d LIMIT 5;
INSERT INTO v(x) SELECT r || b || t FROM luck;
INSERT INTO v(x) SELECT row_number() OVER (ORDER BY random()) || ':' || k FROM w;
INSERT INTO auto(x) SELECT value FROM json_each('["a", 1, null]');
INSERT INTO auto(id, x) VALUES(9223372036854775806, 'nearly the last');
INSERT INTO copy(rowid, r) VALUES(9223372036854775807, 'the last');
INSERT INTO copy(r) VALUES('by lot'), ('by lot');
UPDATE d SET x = (SELECT x FROM w ORDER BY random() LIMIT 1) WHERE id % 2;
UPDATE d SET x = w.x FROM w WHERE w.k = d.id AND random() > 0;
DELETE FROM w WHERE random() % 3 = 0;
DELETE FROM d WHERE id % 7 = 3 RETURNING id > 0;
CREATE VIRTUAL TABLE f3 USING fts3(body);
CREATE VIRTUAL TABLE f4 USING fts4(body);
CREATE VIRTUAL TABLE f5 USING fts5(body, prefix = '2 3');
CREATE VIRTUAL TABLE rt USING rtree(id, a, b);
INSERT INTO f3 SELECT x FROM v;
INSERT INTO f4 SELECT x FROM v;
INSERT INTO f5 SELECT x FROM v;
INSERT INTO f5(f5) VALUES('optimize');
DELETE FROM f5 WHERE rowid % 2;
INSERT INTO rt SELECT id, id / 3.0, id FROM d;
INSERT INTO v(x) SELECT count(*) FROM rt WHERE a > 3;
BEGIN IMMEDIATE TRANSACTION;
INSERT INTO d(x) VALUES('in a transaction');
INSERT INTO d(x) VALUES(last_insert_rowid()), (changes());
SAVEPOINT a;
DELETE FROM d;
ROLLBACK TO a;
PRAGMA user_version = 77;
RELEASE a;
SAVEPOINT "stays open";
INSERT INTO d(x) VALUES(random());
END TRANSACTION;
BEGIN; INSERT INTO d(x) VALUES('never'); ROLLBACK;
BEGIN; COMMIT;
ALTER TABLE d RENAME TO renamed;
ALTER TABLE renamed ADD COLUMN y DEFAULT 'new';
ALTER TABLE renamed RENAME COLUMN x TO z;
ALTER TABLE copy DROP COLUMN b;
DROP TABLE copy;
DROP VIEW luck;
PRAGMA application_id = 5;
PRAGMA foreign_keys = OFF;
ANALYZE;
REINDEX;
VACUUM;
INSERT INTO auto(x) VALUES('behind VACUUM' || random());
EXPLAIN QUERY PLAN DELETE FROM w;
INSERT INTO renamed(z) VALUES('without an end')
