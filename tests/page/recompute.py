"""Computes every number of a page of `therapy report` again, from an export, by other code in another language.

    recompute.py PAGE.html EXPORT.ndjson [--since MS] [--site SITE]

Times are in UTC. Prints what differs, and exits 1 if anything does. Only the standard library is used.
"""

import argparse
import datetime
import html.parser
import json
import re
import sqlite3
import statistics
import sys
from collections import Counter, defaultdict
from decimal import Decimal

SECOND = 10**9
MINUTE = 60 * SECOND
OPTIONAL = {"td": ("td", "th", "tr"), "th": ("td", "th", "tr"), "tr": ("tr",), "li": ("li",)}
ENDS = {"tr": ("td", "th"), "tbody": ("td", "tr"), "thead": ("th", "tr"), "table": ("td", "tr"), "ul": ("li",)}


class Page(html.parser.HTMLParser):
    """The tables, lists and texts of the page by their ids, and the paths of its charts."""

    def __init__(self, text):
        super().__init__()
        self.rows = defaultdict(list)
        self.items = defaultdict(list)
        self.kept = {}
        self.texts = {}
        self.paths = []
        self.stack = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag not in ("script", "iframe", "object", "img"), tag
        assert not any(name.startswith("on") for name in attributes), attributes
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:,")), attributes
        if tag in OPTIONAL:
            while self.stack and self.stack[-1][0] in ("td", "th", "li", "span", "bdi") and any(
                open_tag in OPTIONAL[tag] for open_tag, _, _ in self.stack[-3:]
            ):
                self.close()
            if tag == "tr" and self.stack[-1][0] == "tr":
                self.close()
        if tag in ("meta", "link", "br"):
            return
        if tag == "path":
            self.paths.append((attributes.get("class"), attributes.get("d")))
        self.stack.append((tag, attributes, []))

    def handle_endtag(self, tag):
        while self.stack and self.stack[-1][0] != tag:
            self.close()
        if self.stack:
            self.close()

    def handle_data(self, data):
        for _, _, texts in self.stack:
            texts.append(data)

    def owner(self):
        return next((a["id"] for _, a, _ in reversed(self.stack) if "id" in a), None)

    def close(self):
        tag, attributes, texts = self.stack.pop()
        text = "".join(texts)
        if tag == "td":
            self.stack[-1][1].setdefault("cells", []).append(text)
        elif tag == "tr" and "cells" in attributes:
            self.rows[self.owner()].append(attributes["cells"])
        elif tag == "li":
            self.items[self.owner()].append(text)
            if "data-kept" in attributes:
                self.kept[attributes["data-kept"]] = text
        if "id" in attributes:
            self.texts[attributes["id"]] = text


def in_words(seconds):
    if seconds == 0:
        return "0 s"
    parts = []
    for unit, name in ((86400, "day"), (3600, "h"), (60, "min"), (1, "s")):
        number, seconds = divmod(seconds, unit)
        if number:
            parts.append(f"{number} {name}{'s' if name == 'day' and number > 1 else ''}")
    return " ".join(parts)


def roughly(nanos):
    seconds = nanos // SECOND
    if seconds == 0:
        return "less than 1 s" if nanos else "0 s"
    unit = 1 if seconds < 60 else 60 if seconds < 86400 else 3600 if seconds < 864000 else 86400
    return in_words((seconds + unit // 2) // unit * unit)


def part_of(part, whole):
    """`14 of 20 min`, and the whole only when less than a second is missing."""
    seconds = whole // SECOND
    if seconds < 120:
        unit, name = 1, "s"
    elif seconds <= 5400 and seconds % 60 == 0:
        unit, name = 60, "min"
    elif seconds % 60:
        return f"{in_words(part // SECOND)} of {in_words(seconds)}"
    else:
        return f"{roughly(part)} of {in_words(seconds)}"
    number = (part // SECOND + unit // 2) // unit
    if number == 0 and part >= SECOND:
        return f"under 1 of {seconds // unit} {name}"
    if part + SECOND <= whole:
        number = min(number, seconds // unit - 1)
    return f"{number} of {seconds // unit} {name}"


def cell(text):
    number = re.fullmatch(r"([^a-z]*(?:under )?\d+(?: of \d+)?) min", text)
    return number.group(1) if number else text


def minutes(nanos):
    return (nanos // SECOND + 30) // 60


def time(at_ms):
    return datetime.datetime.fromtimestamp(at_ms // 1000, datetime.timezone.utc)


def stamp(at_ms):
    return time(at_ms).strftime("%Y-%m-%d %H:%M")


def date(at_ms):
    return time(at_ms).date().isoformat()


def words(site):
    return "place not known" if site is None else "other place" if site == "other" else site.replace("-", " ")


def titled(name, site):
    return name if site in (None, "lower-back") else f"{name} · {words(site)}"


def plural(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ending(row):
    outcome = row["outcome"]
    if outcome is None:
        return "not ended"
    short = any(row[f"planned_{kind}_ns"] - (row[f"{kind}_ns"] or 0) >= SECOND for kind in ("cold", "heat"))
    if outcome == "completed":
        return "ended early" if short else "to the end"
    return {"ended_early": "ended early", "stopped": "stopped", "cut_off": "cut off"}[outcome]


def overruns(db, session):
    """Each hold past the end of a step with a pack on, of at least 30 s: what was on, and for how long."""
    steps = json.loads(session["steps"])
    end = last = step = None
    found = []
    for row in db.execute("SELECT * FROM event WHERE session = ? ORDER BY id", (session["id"],)):
        if row["kind"] == "overran":
            if end is None:
                end, step = row["clock_ns"] - row["length_ns"], row["step"]
            last = row["clock_ns"]
        elif end is not None:
            found.append((step, row["clock_ns"] - end, ""))
            end = None
    if end is not None:
        found.append((step, last - end, "at least "))
    found = [(steps[step]["kind"], over, least) for step, over, least in found if over >= 30 * SECOND]
    return [one for one in found if one[0] in ("cold", "heat")]


# The parts of the body, what lies next to each, and those that come in a pair.
NEAR = {
    "neck": "shoulder upper-back", "shoulder": "neck upper-back elbow", "elbow": "shoulder wrist", "wrist": "elbow hand",
    "hand": "wrist", "upper-back": "neck shoulder lower-back", "lower-back": "upper-back hip", "hip": "lower-back thigh",
    "thigh": "hip knee", "knee": "thigh calf", "calf": "knee ankle", "ankle": "calf foot", "foot": "ankle",
}
LIMIT = {"cold": 20 * MINUTE, "heat": 30 * MINUTE}


def touch(one, other):
    if "other" in (one, other):
        return True
    sides = [site.split("-")[0] if site.startswith(("left-", "right-")) else None for site in (one, other)]
    parts = [site.split("-", 1)[1] if side else site for site, side in zip((one, other), sides)]
    is_near = parts[0] == parts[1] or parts[1] in NEAR[parts[0]].split()
    return is_near and (None in sides or sides[0] == sides[1])


def all_packs(db):
    """Every pack: what, from, to, where, and whether it lowers the load of the other kind. Times are in nanoseconds."""
    found = []
    for row in db.execute("SELECT * FROM told WHERE undone_ms IS NULL"):
        end = row["ended_ms"] * 10**6
        found.append((row["kind"], end - row["length_ns"], end, row["site"], False))
    for session in db.execute("SELECT * FROM session").fetchall():
        events = db.execute("SELECT * FROM event WHERE session = ? ORDER BY id", (session["id"],)).fetchall()
        steps = json.loads(session["steps"])
        start = planned = since = None
        site = session["site"] or "other"
        for event in events:
            start = event["clock_ns"] if start is None else start
            at = session["started_ms"] * 10**6 + event["clock_ns"] - start
            if since is not None and event["kind"] in ("step_began", "paused", "finished"):
                found.append((kind, since, at, site, site != "other"))
                since = None
            if event["kind"] == "step_began":
                planned = at + event["length_ns"]
            if event["kind"] in ("step_began", "resumed"):
                kind, since = steps[event["step"]]["kind"], at
        if since is not None:
            ended = session["ended_ms"]
            end = max(planned, at) if ended is None else ended * 10**6
            found.append((kind, since, end, site, site != "other"))
    return [dose for dose in found if dose[0] in LIMIT]


def load(packs, kind, site, at):
    """The load of a site, in nanoseconds."""
    here = [dose for dose in packs if touch(dose[3], site) and dose[1] < at]
    changes = sorted({min(moment, at) for dose in here for moment in dose[1:3]} | {at})
    half = 0
    for begin, end in zip(changes, changes[1:]):
        on = [dose for dose in here if dose[1] <= begin and end <= dose[2]]
        number = sum(dose[0] == kind for dose in on)
        relieved = any(dose[0] != kind and dose[4] and dose[3] == site for dose in on)
        half = max(0, half + (end - begin) * (2 * number if number else -2 if relieved else -1))
    return half // 2


# The tables to which the lines of an export lead back, with the type of line and the fields of each column.
TABLES = {
    "session": ("session", {
        "protocol": "protocol", "site": "site", "started_ms": "started_at", "ended_ms": "ended_at", "outcome": "outcome",
        "assumed": "assumed", "planned_cold_ns": "planned_cold_s", "planned_heat_ns": "planned_heat_s", "cold_ns": "cold_s",
        "heat_ns": "heat_s", "overrides": "overrides",
    }),
    "told": ("dose", {
        "kind": "kind", "site": "site", "length_ns": "length_s", "ended_ms": "ended_at", "undone_ms": "undone_at",
    }),
    "pain": ("score", {
        "session": "session", "role": "role", "score": "score", "site": "site", "at_ms": "at", "undone_ms": "undone_at",
    }),
    "note": ("note", {"session": "session", "text": "text", "site": "site", "at_ms": "at", "undone_ms": "undone_at"}),
    "screening": ("answer", {"signs": "signs", "noted_ms": "noted_at"}),
    "planned": ("planned", {"site": "site", "from_ms": "starts_at", "dropped_ms": "dropped_at"}),
}


def tables(lines):
    """The lines as tables. The id of a row is its place in the file."""
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    ids = {line["id"]: at for at, line in enumerate(lines)}

    def value(column, value):
        if value is None:
            return None
        if column.endswith("_ns"):
            return int(Decimal(value) * SECOND)
        if column.endswith("_ms"):
            return milliseconds(value)
        if column == "session":
            return ids[value]
        return " ".join(value) if isinstance(value, list) else value

    for table, (kind, columns) in TABLES.items():
        extra = ", steps" if table == "session" else ""
        db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {', '.join(columns)}{extra})")
        for line in lines:
            if line["type"] == kind:
                row = [ids[line["id"]]] + [value(column, line[field]) for column, field in columns.items()]
                row += [json.dumps([{"kind": step["kind"]} for step in line["steps"]])] if extra else []
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    db.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, session, step, kind, clock_ns, length_ns)")
    for line in lines:
        for event in line.get("events", []):
            clock, over = (int(Decimal(event.get(field, 0)) * SECOND) for field in ("clock_s", "length_s"))
            row = (ids[line["id"]], event["step"] - 1, event["event"], clock, over)
            db.execute("INSERT INTO event (session, step, kind, clock_ns, length_ns) VALUES (?, ?, ?, ?, ?)", row)
    return db


def milliseconds(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("export")
    parser.add_argument("--since", type=int, default=-(2**62))
    parser.add_argument("--site")
    options = parser.parse_args()
    with open(options.page, encoding="utf-8") as file:
        page = Page(file.read())
    with open(options.export, encoding="utf-8") as file:
        db = tables([json.loads(line, parse_float=Decimal) for line in file])
    wrong = []
    checked = Counter()

    def same(what, shown, expected):
        checked[what] += 1
        if shown != expected:
            wrong.append(f"{what}: shown {str(shown)[:300]!r}, expected {str(expected)[:300]!r}")

    def here(site):
        asked = options.site
        return asked is None or site is not None and (site == asked or site.endswith("-" + asked))

    def rows(sql):
        return [row for row in db.execute(sql) if here(row["site"])]

    since = options.since
    sessions = rows(f"SELECT * FROM session WHERE started_ms >= {since} ORDER BY started_ms, id")
    told = rows("SELECT *, ended_ms - length_ns / 1000000 AS started_ms FROM told WHERE undone_ms IS NULL ORDER BY id")
    told = sorted((one for one in told if one["started_ms"] >= since), key=lambda one: one["started_ms"])
    alone = rows(
        "SELECT *, at_ms AS moment FROM pain WHERE session IS NULL AND undone_ms IS NULL "
        f"AND at_ms >= {since} ORDER BY moment, id"
    )
    scores, later = {}, {}
    for row in db.execute("SELECT * FROM pain WHERE session IS NOT NULL AND undone_ms IS NULL ORDER BY at_ms, id"):
        scores[row["session"], row["role"]] = row["score"]
        if row["role"] == "later":
            later[row["session"]] = row["at_ms"]

    # The table of sessions, and the sums of each day.
    table = []
    given, planned = defaultdict(Counter), defaultdict(Counter)
    for row in sessions:
        cells = [stamp(row["started_ms"]), titled(row["protocol"], row["site"])]
        for kind in ("heat", "cold"):
            whole, part = row[f"planned_{kind}_ns"], row[f"{kind}_ns"] or 0
            cells.append(cell(part_of(part, whole)) if whole or part else "")
            given[date(row["started_ms"])][kind] += part
            planned[date(row["started_ms"])][kind] += whole
        cells += [str(scores.get((row["id"], role), "")) for role in ("before", "after")]
        end = ending(row) + (", assumed" if row["assumed"] else "")
        over = row["overrides"].split()
        table.append((row["started_ms"], cells + [end + ("; overridden: " + ", ".join(over) if over else "")]))
    for row in told:
        dose = cell(roughly(row["length_ns"]))
        doses = [dose if kind == row["kind"] else "" for kind in ("heat", "cold")]
        table.append((row["started_ms"], [stamp(row["started_ms"]), titled(row["kind"], row["site"]), *doses, "", "", "logged by hand"]))
        given[date(row["started_ms"])][row["kind"]] += row["length_ns"]
    table.sort(key=lambda row: row[0])
    same("sessions", len(page.rows["sessions"]), len(table))
    for row, (_, expected) in zip(page.rows["sessions"], reversed(table)):
        same("a session", row, expected)
    days = {day for day in set(given) | set(planned) if any(given[day].values()) or any(planned[day].values())}
    expected = [
        [day] + [str(minutes(of[day][kind])) for kind in ("heat", "cold") for of in (given, planned)]
        for day in sorted(days, reverse=True)
    ]
    same("doses by day", page.rows["dose-days"], expected)
    if days:
        most = {kind: max(minutes(given[day][kind]) for day in days) for kind in ("heat", "cold")}
        expected = f"{plural(len(days), 'day')} with a dose. The most of one day: {most['heat']} min of heat, {most['cold']} min of cold."
        same("doses in words", page.texts["dose-text"], expected)
        for kind in ("heat", "cold"):
            bars = "".join(path for name, path in page.paths if name == kind and path != "M2 1h24v16h-24z").count("z")
            same(f"bars of {kind}", bars, sum(1 for day in days if minutes(given[day][kind]) > 0))

    # The scores, by day and by place.
    by_day = defaultdict(lambda: [[], [], [], []])
    by_place = defaultdict(lambda: [[], [], [], []])
    pairs = defaultdict(list)
    for row in sessions:
        both = [scores.get((row["id"], role)) for role in ("before", "after")]
        ended = row["ended_ms"] if row["ended_ms"] is not None and row["ended_ms"] >= row["started_ms"] else row["started_ms"]
        for at, (moment, score) in enumerate(zip((row["started_ms"], ended), both)):
            if score is not None:
                by_day[date(moment), row["site"]][at].append(score)
                by_place[row["site"]][at].append(score)
        if row["id"] in later:
            score = scores[row["id"], "later"]
            by_day[date(later[row["id"]]), row["site"]][3].append(score)
            by_place[row["site"]][3].append(score)
        if None not in both:
            pairs[row["site"]].append(both)
    for row in alone:
        by_day[date(row["moment"]), row["site"]][2].append(row["score"])
        by_place[row["site"]][2].append(row["score"])
    shown = {(row[0], row[1]): row[2:] for row in page.rows["pain-days"]}
    columns = 4 if any(parts[3] for parts in by_place.values()) else 3
    expected = {
        (day, words(site)): [" ".join(map(str, part)) for part in parts[:columns]] for (day, site), parts in by_day.items()
    }
    same("scores by day", shown, expected)
    shown = sorted(page.texts[key] for key in page.texts if re.fullmatch(r"pain\d-text", key))
    described = []
    for site, parts in by_place.items():
        texts = []
        names = ["before sessions", "after them", "at other times"] + (["2 h after sessions of a trial"] if parts[3] else [])
        for part, name in zip(parts, names):
            spread = f"from {min(part)} to {max(part)}" if part and min(part) < max(part) else f"all {part[0]}" if part else ""
            texts.append(f"{len(part)} {name}, {spread}" if part else f"none {name}")
        described.append(f"Scores, {words(site)}: {'; '.join(texts)}.")
    same("charts of scores", len(shown), min(3, len(described)))
    for text in shown:
        same("scores in words", text in described, True)
    meaning = {}
    for text in page.items["meaning"]:
        place, _, rest = text.rpartition(": ") if "Median" not in text else (text.split("Median")[0].rstrip(": "), "", text)
        meaning[place] = text
    ended = {row["site"] for row in sessions if row["outcome"] is not None}
    for site in ended:
        changes = [after - before for before, after in pairs[site]]
        number = plural(len(changes), "pair")
        text = meaning[words(site) if len(ended) > 1 else ""] if len(changes) else ""
        if len(changes) >= 6:
            change = statistics.median(changes)
            change = f"{'+' if change > 0 else ''}{change:g}"
            same("median", f": {change} of 10, {number}. " in text, True)
        elif changes:
            same("pairs", f"{number}: too few to tell. " in text, True)

    # How the sessions ended, and what was planned.
    kept = rows(f"SELECT * FROM planned WHERE dropped_ms IS NULL AND from_ms > {since} ORDER BY from_ms, id")
    text = page.texts["plan"]
    counts = [int(number) for number in re.findall(r"\d+", text.split("until")[0])] if kept else [0, 0]
    same("the plan", sum(counts), len(kept))
    begun = Counter((date(row["started_ms"]), row["site"]) for row in sessions)
    asked = Counter((date(row["from_ms"]), row["site"]) for row in kept[: counts[0]])
    expected = {"sessions": f"{plural(len(sessions), 'session')} in all"}
    if counts[0]:
        expected["planned"] = f"{counts[0]} planned"
        expected["begun"] = f"{sum(min(number, begun[key]) for key, number in asked.items())} of them begun"
    for name, number in Counter(map(ending, sessions)).items():
        expected[name.replace(" ", "-")] = f"{number} {name}"
    if told:
        expected["logged"] = f"{plural(len(told), 'dose')} logged by hand"
    same("kept", page.kept, expected)
    agreed = Counter((row["protocol"], row["planned_heat_ns"], row["planned_cold_ns"]) for row in sessions)
    same("protocols", len(page.items["protocols"]), len(agreed))
    for (name, heat, cold), number in agreed.items():
        doses = ", ".join(f"{kind} {roughly(dose)}" for kind, dose in (("heat", heat), ("cold", cold)) if dose) or "no dose"
        end = f": {doses}, {plural(number, 'session')}"
        same("a protocol", any(item.endswith(end) for item in page.items["protocols"]), True)

    # What a clinician must see.
    late = [(row, one) for row in sessions for one in overruns(db, row)]
    expected = [
        (row["started_ms"], f"{titled(row['protocol'], row['site'])}: {kind} {least}{roughly(over)} too long")
        for row, (kind, over, least) in late
    ]
    packs = all_packs(db) if told else []
    logged = [(row, load(packs, row["kind"], row["site"], row["ended_ms"] * 10**6) - LIMIT[row["kind"]]) for row in told]
    logged = [(row, over) for row, over in logged if over > 0]
    expected += [
        (row["started_ms"], f"{titled(row['kind'], row['site'])}: logged by hand, {roughly(over)} over the limit")
        for row, over in logged
    ]
    expected.sort(key=lambda one: one[0])
    same("overruns", page.items["overruns"], [f"{stamp(at)} {text}" for at, text in reversed(expected)])
    rules = defaultdict(list)
    for row in sessions:
        for rule in row["overrides"].split():
            rules[rule].append(row["started_ms"])
    shown = [item.split(". The rule: ")[0] for item in page.items["overridden"]]
    same("overridden", shown, [f"{rule}: {plural(len(at), 'session')}, last {stamp(at[-1])}" for rule, at in sorted(rules.items())])
    ids = {row["id"] for row in sessions}
    notes = db.execute("SELECT * FROM note WHERE undone_ms IS NULL ORDER BY at_ms, id")
    notes = [row for row in notes if row["session"] in ids or row["session"] is None and row["at_ms"] >= since and here(row["site"])]
    same("notes", len(page.items["skin"]) + len(page.items["notes"]), len(notes))
    skin = [row for row in notes if re.search(r"\b(skin|white|blister)", row["text"])]
    same("notes about the skin", len(page.items["skin"]), len(skin))
    answers = [row for row in db.execute("SELECT * FROM screening WHERE signs IS NOT NULL ORDER BY id")]
    affirmed = [row for at, row in enumerate(answers) if row["signs"] and (row["noted_ms"] >= since or at + 1 == len(answers))]
    same("warning signs", [text[:16] for text in page.items["signs"]], [stamp(row["noted_ms"]) for row in reversed(affirmed)])
    summary = []
    if answers and answers[-1]["signs"]:
        summary.append("a warning sign applies now")
    number = sum(map(len, rules.values()))
    for count, name in ((len(affirmed), "warning signs affirmed"), (number, "a rule overridden")):
        if count:
            summary.append(name if count == 1 else f"{name} {count} times")
    if late:
        longest = roughly(max(over for _, (_, over, _) in late))
        summary.append(f"1 overrun of {longest}" if len(late) == 1 else f"{len(late)} overruns, the longest {longest}")
    if logged:
        longest = roughly(max(over for _, over in logged))
        by = "by" if len(logged) == 1 else "the most by"
        summary.append(f"{plural(len(logged), 'logged dose')} over the limit, {by} {longest}")
    if skin:
        summary.append(f"{plural(len(skin), 'note')} about the skin")
    same("to look at", page.items["attention"], summary)

    for what in wrong:
        print(what)
    print(f"{sum(checked.values())} numbers and rows, {len(wrong)} differ")
    sys.exit(1 if wrong else 0)


main()
