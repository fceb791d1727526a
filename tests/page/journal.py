"""Fills a journal with invented rows, the same for the same seed: what no person would type in one afternoon.

    journal.py FOLDER --now MS --days N --sessions N --alone N [--hostile] [--ending WORD] [--sites N] [--gap N]

FOLDER holds a journal.db that therapy made. Only the standard library is used.
"""

import argparse
import json
import random
import sqlite3

MINUTE = 60 * 10**9
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'\u202e\u05d0\u05d1\u2066<b>\u00e9\U0001f9ca"


def steps(parts):
    return json.dumps([
        {"kind": kind, "length_ns": minutes * MINUTE, "note": None, "round": 1, "origin": at}
        for at, (kind, minutes) in enumerate(parts)
    ])


PROTOCOLS = [
    ("ice", [("cold", 15)]),
    ("heat", [("heat", 20)]),
    ("contrast-short", [("heat", 5), ("cold", 5), ("heat", 5), ("cold", 5)]),
    ("intermittent", [("cold", 10), ("rest", 10), ("cold", 10)]),
]
SITES = ["lower-back", "left-knee", "neck", "right-ankle", "left-shoulder", "hip"]
OUTCOMES = ["completed"] * 16 + ["ended_early", "stopped", "cut_off", "cut_off"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--now", type=int, required=True)
    parser.add_argument("--days", type=int, default=33)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--alone", type=int, default=40)
    parser.add_argument("--told", type=int, default=6)
    parser.add_argument("--planned", type=int, default=30)
    parser.add_argument("--notes", type=int, default=8)
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--gap", type=int, default=0, help="days in the middle without anything")
    parser.add_argument("--ending")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    db = sqlite3.connect(f"{options.folder}/journal.db")
    day = 24 * 3600 * 1000
    begin = options.now - options.days * day
    letters = 10_000

    def hostile(text):
        return (HOSTILE + text) * (letters // len(HOSTILE + text)) if options.hostile else text

    def moment():
        while True:
            at = begin + int(chance.random() * (options.days * day - 4 * 3600 * 1000))
            middle = begin + options.days * day // 2
            if abs(at - middle) * 2 > options.gap * day:
                return at

    def uid():
        return "%032x" % chance.getrandbits(128)

    nth = 0
    for number in range(options.sessions):
        at = moment()
        outcome = options.ending or chance.choice(OUTCOMES)
        # therapy replays a session that was cut off, and that of several steps would need all its cues.
        name, parts = PROTOCOLS[chance.randrange(2 if outcome == "cut_off" else len(PROTOCOLS))]
        planned = {kind: sum(m for k, m in parts if k == kind) * MINUTE for kind in ("cold", "heat")}
        share = 1.0 if outcome == "completed" else chance.random()
        left = int(sum(minutes for _, minutes in parts) * MINUTE * share)
        given = {"cold": 0, "heat": 0, "rest": 0}
        for kind, minutes in parts:
            given[kind] += min(minutes * MINUTE, left)
            left -= min(minutes * MINUTE, left)
        over = 0
        if outcome == "completed" and chance.random() < 0.03:
            over = chance.randrange(40, 900) * 10**9
            last = [kind for kind, _ in parts if kind != "rest"][-1]
            given[last] += over
        length = int(sum(m for _, m in parts) * MINUTE * share) + over
        overrides = chance.choice([""] * 30 + ["early-heat", "rewarm cold-daily"])
        site = SITES[number % options.sites]
        session = db.execute(
            "INSERT INTO session (uid, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, "
            "planned_cold_ns, planned_heat_ns, outcome, ended_ms, cold_ns, heat_ns, assumed, site) "
            "VALUES (?, ?, ?, 0, 0, 0, 2000000000, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (uid(), hostile(name) if options.hostile else name, steps(parts), overrides, at, planned["cold"], planned["heat"],
             outcome, at + length // 10**6, given["cold"], given["heat"], outcome == "cut_off", site),
        ).lastrowid
        clock = at * 10**6
        rows = [("started", 0, None, 0, None)]
        elapsed = 0
        for step, (_, minutes) in enumerate(parts):
            if elapsed <= length:
                rows.append(("step_began", step, minutes * MINUTE, elapsed, None))
            elapsed += minutes * MINUTE
        if over:
            end = length - over
            for since in range(0, over, 30 * 10**9):
                rows.append(("overran", len(parts) - 1, since, end + since, None))
            rows.append(("confirmed", len(parts) - 1, None, length, None))
        if outcome != "cut_off":
            rows.append(("finished", rows[-1][1], given["cold"], length, outcome))
        for kind, step, value, since, rule in rows:
            db.execute(
                "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) "
                "VALUES (?, ?, 'an-earlier-boot', ?, ?, ?, ?, ?, ?)",
                (session, at + since // 10**6, clock + since, since, step, kind, value, rule),
            )
        before = chance.randrange(2, 11)
        for role, score in (("before", before), ("after", min(10, max(0, before - chance.randrange(-1, 4))))):
            if chance.random() < 0.98:
                nth += 1
                db.execute(
                    "INSERT INTO pain (uid, nth, session, role, score, site, noted_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (uid(), nth, session, role, score, site, at if role == "before" else at + length // 10**6),
                )
        # Some sessions belong to a trial.
        later = at + length // 10**6 + 2 * 3600 * 1000
        if number % 7 == 3 and later < options.now:
            nth += 1
            db.execute(
                "INSERT INTO pain (uid, nth, session, role, score, site, noted_ms) VALUES (?, ?, ?, 'later', ?, ?, ?)",
                (uid(), nth, session, number % 11, site, later),
            )
        if number < options.notes:
            nth += 1
            text = chance.choice(["skin was white for a minute", "slept badly", "a blister", "walked an hour"])
            db.execute(
                "INSERT INTO note (uid, nth, session, text, site, at_ms, noted_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (uid(), nth, session, hostile(text), site, at, at),
            )
    for number in range(options.alone):
        nth += 1
        at = moment()
        db.execute(
            "INSERT INTO pain (uid, nth, score, site, noted_ms) VALUES (?, ?, ?, ?, ?)",
            (uid(), nth, chance.randrange(0, 11), SITES[number % options.sites], at),
        )
    for number in range(options.told):
        nth += 1
        at = moment()
        db.execute(
            "INSERT INTO told (uid, nth, kind, site, length_ns, ended_ms, noted_ms, boot, clock_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'an-earlier-boot', ?)",
            (uid(), nth, chance.choice(["cold", "heat"]), SITES[number % options.sites],
             chance.randrange(5, 25) * MINUTE, at, at, at * 10**6),
        )
    for number in range(options.planned):
        at = moment() if number % 5 else options.now + (number + 1) * 3600 * 1000
        db.execute(
            "INSERT INTO planned (uid, protocol, site, from_ms, to_ms, sequence, made_ms) VALUES (?, 'ice', ?, ?, ?, 0, ?)",
            (uid(), SITES[number % options.sites], at, at + 15 * 60 * 1000, at),
        )
    if options.sessions:
        for site in SITES[: options.sites]:
            db.execute("INSERT INTO injury (uid, happened_ms, site, noted_ms) VALUES (?, ?, ?, ?)", (uid(), begin, site, begin))
        db.execute("INSERT INTO screening (uid, signs, noted_ms) VALUES (?, 'fever leg-pain', ?)", (uid(), begin + day,))
        db.execute("INSERT INTO screening (uid, signs, noted_ms) VALUES (?, '', ?)", (uid(), begin + 2 * day,))
    db.commit()


main()
