"""Recomputes `therapy history --json` or `therapy stats --json` from an export, with the standard library alone. It was written
from docs/export.md and the README, and it knows nothing else. Every line is held against the schema. Days are those of UTC.

    recompute.py EXPORT.ndjson SCHEMA.json [week|site|protocol SINCE NOW]
"""

import json
import re
import statistics
import sys
from collections import Counter
from datetime import datetime, timedelta

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}


def same(one, other):
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def problems(value, schema, root, place="line"):
    """What in a value breaks a schema, for the keywords that our schema has. Any other keyword is an error."""
    for keyword, wanted in schema.items():
        if keyword == "$ref":
            target = root
            for part in wanted.split("/")[1:]:
                target = target[part]
            yield from problems(value, target, root, place)
        elif keyword in ("oneOf", "anyOf"):
            fitting = [option for option in wanted if not list(problems(value, option, root, place))]
            if not fitting or keyword == "oneOf" and len(fitting) > 1:
                yield f"{place}: {len(fitting)} forms fit {value!r:.300}"
        elif keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            if not any(TYPES[name](value) for name in names):
                yield f"{place}: {value!r} is not {names}"
        elif keyword == "const" and not same(value, wanted) or keyword == "enum" and value not in wanted:
            yield f"{place}: {value!r} is not {wanted!r}"
        elif keyword == "required":
            yield from (f"{place}: {name} is missing" for name in wanted if name not in value)
        elif keyword == "properties":
            for name in value.keys() & wanted.keys():
                yield from problems(value[name], wanted[name], root, f"{place}.{name}")
            if schema.get("additionalProperties") is False:
                yield from (f"{place}: {name} is unknown" for name in value.keys() - wanted.keys())
        elif keyword == "items" and value is not None:
            for index, item in enumerate(value):
                yield from problems(item, wanted, root, f"{place}[{index}]")
        elif keyword == "format" and value is not None:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        elif value is None:
            pass
        elif keyword == "minimum" and value < wanted or keyword == "maximum" and value > wanted:
            yield f"{place}: {value} is out of range"
        elif keyword == "exclusiveMinimum" and value <= wanted:
            yield f"{place}: {value} is out of range"
        elif keyword == "pattern" and not re.search(wanted, value):
            yield f"{place}: {value!r} does not match"
        elif keyword in ("maxLength", "maxItems") and len(value) > wanted or keyword == "minItems" and len(value) < wanted:
            yield f"{place}: wrong length"


KNOWN = {
    "$ref", "oneOf", "anyOf", "type", "const", "enum", "required", "properties", "additionalProperties", "items", "format",
    "minimum", "maximum", "exclusiveMinimum", "pattern", "maxLength", "maxItems", "minItems", "$schema", "title", "$defs",
}


def keywords(schema):
    """Every keyword of a schema; the names of properties are none."""
    if isinstance(schema, list):
        for part in schema:
            yield from keywords(part)
    elif isinstance(schema, dict):
        for keyword, part in schema.items():
            yield keyword
            if keyword in ("properties", "$defs"):
                for inner in part.values():
                    yield from keywords(inner)
            elif keyword not in ("enum", "const", "required"):
                yield from keywords(part)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def of(lines, kind):
    return [line for line in lines if line["type"] == kind]


def kept(lines, kind):
    return [line for line in of(lines, kind) if line["undone_at"] is None]


def pains(lines):
    """The score of each session and role. Of those about one moment, the one that was written last counts."""
    scores = [score for score in kept(lines, "score") if score["session"] is not None]
    scores.sort(key=lambda score: moment(score["at"]))
    return {(score["session"], score["role"]): score["score"] for score in scores}


def history(lines):
    pain, notes = pains(lines), kept(lines, "note")
    rows = []
    for session in of(lines, "session"):
        started, ended = session["started_at"], session["ended_at"]
        if ended is not None and moment(ended) < moment(started):
            ended = None
        rows.append({
            "protocol": session["protocol"], "site": session["site"], "started_at": started, "ended_at": ended,
            "outcome": session["outcome"], "planned_cold_s": session["planned_cold_s"],
            "planned_heat_s": session["planned_heat_s"], "cold_s": session["cold_s"], "heat_s": session["heat_s"],
            "pain_before": pain.get((session["id"], "before")), "pain_after": pain.get((session["id"], "after")),
            "pain_later": pain.get((session["id"], "later")), "assumed": session["assumed"],
            "overrides": session["overrides"], "told": False, "kind": "session", "pain": None,
            "notes": [note["text"] for note in notes if note["session"] == session["id"]],
        })
    # What stands alone has the fields of a session.
    alone = {
        "protocol": None, "outcome": "told", "planned_cold_s": 0.0, "planned_heat_s": 0.0, "cold_s": 0.0, "heat_s": 0.0,
        "pain_before": None, "pain_after": None, "pain_later": None, "assumed": False, "overrides": [], "told": True,
        "notes": [], "pain": None,
    }
    for dose in kept(lines, "dose"):
        # The journal keeps whole milliseconds.
        length = timedelta(milliseconds=int(dose["length_s"] * 1000 + 1e-6))
        of_kind = lambda kind: dose["length_s"] if dose["kind"] == kind else 0.0
        rows.append({
            **alone, "kind": "dose", "site": dose["site"], "started_at": (moment(dose["ended_at"]) - length).isoformat(),
            "ended_at": dose["ended_at"], "cold_s": of_kind("cold"), "heat_s": of_kind("heat"),
        })
    for kind, value in (("score", lambda line: {"pain": line["score"]}), ("note", lambda line: {"notes": [line["text"]]})):
        for line in kept(lines, kind):
            if line["session"] is None:
                at = {"started_at": line["at"], "ended_at": line["at"]}
                rows.append({**alone, **at, "kind": kind, "site": line["site"], **value(line)})
    rows.sort(key=lambda row: moment(row["started_at"]))
    for row in rows:
        for field in ("started_at", "ended_at"):
            row[field] = row[field] and round(moment(row[field]).timestamp() * 1000)
    return rows


def ending(session):
    if session["outcome"] is None:
        return "not_ended"
    short = any(session[f"planned_{kind}_s"] - session[f"{kind}_s"] >= 1 for kind in ("cold", "heat"))
    return "ended_early" if session["outcome"] == "completed" and short else session["outcome"]


def fell(pairs):
    """-1 when the median change is a fall that matters, 1 when it is a rise that does, and 0 otherwise."""
    before = statistics.median(pair[0] for pair in pairs)
    change = statistics.median(pair[1] - pair[0] for pair in pairs)
    return -1 if change <= -(3 if before >= 8 else 2) else 1 if change >= 2 else 0


def said_of(pairs, without):
    """The class of these pairs of scores."""
    if len(pairs) < 6:
        return "too_few"
    if without > len(pairs):
        return "mostly_missing"
    usual = statistics.median(pair[0] for pair in pairs)
    low = [pair for pair in pairs if pair[0] <= usual]
    only_high = len(low) >= 6 and fell(low) >= 0
    return {0: "no_difference", 1: "higher_after", -1: "lower_after_worst" if only_high else "lower_after"}[fell(pairs)]


def sums(sessions, doses, pain):
    endings = Counter(map(ending, sessions))
    both = [(pain.get((session["id"], "before")), pain.get((session["id"], "after"))) for session in sessions]
    pairs = [pair for pair in both if None not in pair]
    without = len(sessions) - endings["not_ended"] - len(pairs)
    result = {name: endings[name] for name in ("completed", "ended_early", "stopped", "cut_off", "not_ended")}
    for kind in ("cold", "heat"):
        told = sum(dose["length_s"] for dose in doses if dose["kind"] == kind)
        result[f"told_{kind}_s"] = told
        result[f"{kind}_s"] = told + sum(session[f"{kind}_s"] or 0 for session in sessions)
    return {
        **result, "sessions": len(sessions), "told": len(doses), "pairs": len(pairs), "without_pair": without,
        "median_change": statistics.median(after - before for before, after in pairs) if pairs else None,
        "class": said_of(pairs, without),
    }


def stats(lines, by, since, now):
    began = lambda row: moment(row["ended_at"]) - timedelta(seconds=row["length_s"])
    sessions = [row for row in of(lines, "session") if moment(row["started_at"]) >= since]
    doses = [row for row in kept(lines, "dose") if began(row) >= since]
    pain = pains(lines)

    def group(row):
        if by == "week":
            day = (moment(row["started_at"]) if row["type"] == "session" else began(row)).date()
            return (day - timedelta(days=day.weekday())).isoformat()
        return row.get(by)

    names = sorted({group(row) for row in sessions + doses}, key=lambda name: (name is None, name))
    in_group = lambda rows, name: [row for row in rows if group(row) == name]
    groups = [{"name": name, **sums(in_group(sessions, name), in_group(doses, name), pain)} for name in names]
    day = lambda at: moment(at).date()
    planned = [row for row in of(lines, "planned") if row["dropped_at"] is None and since < moment(row["starts_at"]) <= now]
    planned = Counter((day(row["starts_at"]), row["site"]) for row in planned)
    begun = Counter((day(row["started_at"]), row["site"]) for row in sessions)
    return {
        "by": by, "groups": groups, "total": {"name": None, **sums(sessions, doses, pain)},
        "planned": sum(planned.values()), "begun": sum((planned & begun).values()),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    with open(sys.argv[2], encoding="utf-8") as file:
        schema = json.load(file)
    assert set(keywords(schema)) <= KNOWN, set(keywords(schema)) - KNOWN
    wrong = [problem for line in lines for problem in problems(line, schema, schema)]
    for line in lines:
        if list(line)[:4] != ["type", "id", "version", "origin"]:
            wrong.append(f"{list(line)[:4]} come first")
    if wrong:
        sys.exit("\n".join(wrong[:20]))
    if len(sys.argv) > 3:
        by, since, now = sys.argv[3:]
        json.dump(stats(lines, by, moment(since), moment(now)), sys.stdout)
    else:
        json.dump(history(lines), sys.stdout)


main()
