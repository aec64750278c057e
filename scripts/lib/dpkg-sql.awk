# SPDX-License-Identifier: GPL-2.0
#
# SQL that fills a database with one part of what dpkg knows of the packages of this machine.
#
#	awk -v part=1 -v parts=3 -f dpkg-sql.awk /var/lib/dpkg/status
#
# The parts can be executed side by side: each inserts every "parts"th package with what it depends on, one transaction
# for each, and counts sections, which all parts do in the same rows; then it asks for each of its packages how many need
# it. What the counts are depends on the order of all the statements, and random() and the time are used on purpose.

function quote(s)
{
	gsub(/'/, "''", s)
	return "'" s "'"
}

# A list like "a (>= 1), b | c [amd64]": each name once.
function depends(kind, list,	n, i, words, name, seen)
{
	n = split(list, words, /[,|]/)
	for (i = 1; i <= n; i++) {
		name = words[i]
		sub(/^[ \t]+/, "", name)
		sub(/[ \t(:\[].*$/, "", name)
		if (name != "" && !(name in seen)) {
			seen[name]
			rows = rows (rows == "" ? "" : ", ") "(" quote(package) ", " quote(name) ", " quote(kind) ")"
		}
	}
}

function finish(	s)
{
	if (package == "" || status !~ / installed$/ || count++ % parts != part - 1) {
		forget()
		return
	}
	rows = ""
	depends("Depends", field["Depends"])
	depends("Pre-Depends", field["Pre-Depends"])
	depends("Recommends", field["Recommends"])
	s = field["Section"] == "" ? "none" : field["Section"]
	print "BEGIN;"
	print "INSERT INTO packages(name, version, architecture, section, maintainer, size, summary, part) VALUES(" \
		quote(package) ", " quote(field["Version"]) ", " quote(field["Architecture"]) ", " quote(s) ", " \
		quote(field["Maintainer"]) ", " field["Installed-Size"] + 0 ", " quote(field["Description"]) ", " part ");"
	if (rows != "")
		print "INSERT INTO depends(package, needs, kind) VALUES" rows ";"
	print "INSERT INTO sections(name, packages, size) VALUES(" quote(s) ", 1, " field["Installed-Size"] + 0 ")" \
		" ON CONFLICT(name) DO UPDATE SET packages = packages + 1, size = size + excluded.size, last = " \
		quote(package) ";"
	print "COMMIT;"
	names[++mine] = package
	forget()
}

function forget()
{
	package = status = ""
	split("", field)
}

BEGIN {
	print "CREATE TABLE IF NOT EXISTS packages(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, version TEXT," \
		" architecture TEXT, section TEXT, maintainer TEXT, size INTEGER, summary TEXT, part INTEGER," \
		" added TEXT DEFAULT CURRENT_TIMESTAMP, lot INTEGER DEFAULT (random()), needed_by INTEGER," \
		" counted TEXT, UNIQUE(name, architecture));"
	print "CREATE TABLE IF NOT EXISTS depends(package TEXT, needs TEXT, kind TEXT," \
		" PRIMARY KEY(package, needs, kind)) WITHOUT ROWID;"
	print "CREATE INDEX IF NOT EXISTS depends_needs ON depends(needs);"
	print "CREATE TABLE IF NOT EXISTS sections(name TEXT PRIMARY KEY, packages INTEGER, size INTEGER, last TEXT);"
}

/^$/ { finish(); next }
/^[ \t]/ { next }
{
	i = index($0, ":")
	name = substr($0, 1, i - 1)
	value = substr($0, i + 1)
	sub(/^[ \t]+/, "", value)
	if (name == "Package")
		package = value
	else if (name == "Status")
		status = value
	else
		field[name] = value
}

END {
	finish()
	for (i = 1; i <= mine; i++)
		print "UPDATE packages SET needed_by = (SELECT count(*) FROM depends WHERE needs = packages.name)," \
			" counted = datetime('now'), lot = abs(random() % 1000) WHERE name = " quote(names[i]) ";"
}
