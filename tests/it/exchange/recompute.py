"""Recomputes `therapy history --json` from an export, with the standard library alone. It was written from docs/export.md, and
it knows nothing else. Every line is held against the schema.

    recompute.py EXPORT.ndjson SCHEMA.json
"""

import json
import re
import sys
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


def history(lines):
    of = lambda kind: [line for line in lines if line["type"] == kind]
    kept = lambda kind: [line for line in of(kind) if line["undone_at"] is None]
    scores, notes = kept("score"), kept("note")

    def pain(session, role):
        of_role = [score for score in scores if score["session"] == session["id"] and score["role"] == role]
        # Of scores about one moment, the one that was written last counts.
        of_role.sort(key=lambda score: moment(score["at"]))
        return of_role[-1]["score"] if of_role else None

    rows = []
    for session in of("session"):
        started, ended = session["started_at"], session["ended_at"]
        if ended is not None and moment(ended) < moment(started):
            ended = None
        rows.append({
            "protocol": session["protocol"], "site": session["site"], "started_at": started, "ended_at": ended,
            "outcome": session["outcome"], "planned_cold_s": session["planned_cold_s"],
            "planned_heat_s": session["planned_heat_s"], "cold_s": session["cold_s"], "heat_s": session["heat_s"],
            "pain_before": pain(session, "before"), "pain_after": pain(session, "after"), "assumed": session["assumed"],
            "overrides": session["overrides"], "told": False,
            "notes": [note["text"] for note in notes if note["session"] == session["id"]],
        })
    for dose in kept("dose"):
        # The journal keeps whole milliseconds.
        length = timedelta(milliseconds=int(dose["length_s"] * 1000 + 1e-6))
        of_kind = lambda kind: dose["length_s"] if dose["kind"] == kind else 0.0
        rows.append({
            "protocol": None, "site": dose["site"], "started_at": (moment(dose["ended_at"]) - length).isoformat(),
            "ended_at": dose["ended_at"], "outcome": "told", "planned_cold_s": 0.0, "planned_heat_s": 0.0,
            "cold_s": of_kind("cold"), "heat_s": of_kind("heat"), "pain_before": None, "pain_after": None,
            "assumed": False, "overrides": [], "told": True, "notes": [],
        })
    rows.sort(key=lambda row: moment(row["started_at"]))
    for row in rows:
        for field in ("started_at", "ended_at"):
            row[field] = row[field] and round(moment(row[field]).timestamp() * 1000)
    return rows


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
    json.dump(history(lines), sys.stdout)


main()
