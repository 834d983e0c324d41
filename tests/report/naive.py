"""The judgement once more, slow and by other means, for the tests to compare with.

It walks through the days one by one and keeps everything in plain lists and dicts. It shares the
shapes of the facts with the real one, and none of its reckoning: no code table, no arithmetic of
quarters, no bits.
"""
from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ckanext.satudata.deposits.counting import DepositFact
from ckanext.satudata.deposits.schedule import Dispensation, ObligationVersion
from ckanext.satudata.journal.calendar import RuleBook, RuleVersion
from ckanext.satudata.report.evaluation import OfficeFacts

DAY = dt.timedelta(days=1)

PARTS = {
    "dua_bulanan": ("B", 2), "triwulanan": ("TW", 3), "empat_bulanan": ("C", 4),
    "semesteran": ("S", 6),
}
YEARS = {
    "dua_tahunan": 2, "tiga_tahunan": 3, "empat_tahunan": 4, "lima_tahunan": 5,
    "sepuluh_tahunan": 10,
}
BY_SCHEDULE = ("sekali", "insidental", "sesuai_kebutuhan")
WITHOUT_RHYTHM = (*BY_SCHEDULE, "tidak_diketahui")


# --- days --------------------------------------------------------------------------------------


def days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    while first <= last:
        yield first
        first += DAY


def rules_for(day: dt.date, book: RuleBook) -> RuleVersion:
    chosen = book.versions[0]
    for version in book.versions:
        if version.effective_from is not None and version.effective_from <= day:
            chosen = version
    return chosen


def works(day: dt.date, rules: RuleVersion) -> bool:
    return day.weekday() in rules.workdays and day not in rules.holidays


def midnight_after(day: dt.date, rules: RuleVersion) -> dt.datetime:
    tomorrow = day + DAY
    return dt.datetime(
        tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(rules.timezone)
    ).astimezone(dt.timezone.utc)


def quarter_of(day: dt.date) -> int:
    for number, last_month in enumerate((3, 6, 9, 12)):
        if day.month <= last_month:
            return day.year * 4 + number
    raise AssertionError


# --- periods -----------------------------------------------------------------------------------


def code_of(frekuensi: str, day: dt.date, awal: int | None) -> str | None:
    """The code of the period of a rhythm in which a day lies."""
    if frekuensi == "harian":
        return day.strftime("%Y-%m-%d")
    if frekuensi == "mingguan":
        return day.strftime("%G-W%V")
    if frekuensi == "dua_mingguan":
        pairs = [(1 + 2 * i, 2 + 2 * i) for i in range(25)] + [(51, 52, 53)]
        week = int(day.strftime("%V"))
        number = next(i for i, pair in enumerate(pairs, 1) if week in pair)
        return day.strftime("%G") + f"-DM{number:02d}"
    if frekuensi in ("bulanan", "terus_menerus"):
        return day.strftime("%Y-%m")
    if frekuensi in PARTS:
        letter, size = PARTS[frekuensi]
        number = 1
        while number * size < day.month:
            number += 1
        return f"{day.year}-{letter}{number}"
    if frekuensi == "tahunan":
        return str(day.year)
    if frekuensi in YEARS and awal is not None and day.year >= awal:
        first = awal
        while first + YEARS[frekuensi] <= day.year:
            first += YEARS[frekuensi]
        return f"{first}/{first + YEARS[frekuensi] - 1}"
    return None


def span(frekuensi: str, day: dt.date, awal: int | None) -> tuple[dt.date, dt.date]:
    """First and last day of the period in which a day lies, found by walking."""
    code = code_of(frekuensi, day, awal)
    first = last = day
    while code_of(frekuensi, first - DAY, awal) == code:
        first -= DAY
    while code_of(frekuensi, last + DAY, awal) == code:
        last += DAY
    return first, last


# --- what is owed ------------------------------------------------------------------------------


def calendar_day(frekuensi: str, last: dt.date, book: RuleBook) -> dt.date:
    if frekuensi == "terus_menerus":
        return last
    rules = rules_for(last, book)
    day = last
    for _ in range(rules.grace_days.get(frekuensi, 0)):
        day += DAY
    while not works(day, rules):
        day += DAY
    return day


def rhythm_of(versions: Sequence[ObligationVersion], position: int) -> tuple[str, int | None]:
    version = versions[position]
    if version.frekuensi not in YEARS:
        return version.frekuensi, None
    if version.tahun_awal is not None:
        return version.frekuensi, version.tahun_awal
    # Nobody said: from the first of the versions in a row that leave it open.
    while position > 0 and (
        versions[position - 1].frekuensi == version.frekuensi
        and versions[position - 1].tahun_awal is None
    ):
        position -= 1
    return version.frekuensi, versions[position].valid_from.year - YEARS[version.frekuensi]


def due(
    versions: Sequence[ObligationVersion],
    dispensations: Mapping[str, Dispensation],
    book: RuleBook,
    beginning: dt.date,
    until: dt.date,
    spans: Mapping[str, tuple[dt.date, dt.date]],
) -> list[dict[str, Any]]:
    """What is owed by ``until``, from a walk through the days from ``beginning``.

    ``beginning`` is long before anything is owed. ``spans``: first and last day of the codes in
    schedules (the walk only finds those of rhythms).
    """
    versions = lasting(versions)
    rhythms = [rhythm_of(versions, i) for i in range(len(versions))]
    starts = rhythm_starts(versions, rhythms, beginning)

    def owner(day: dt.date) -> int:
        return max(i for i in range(len(versions)) if starts[i] <= day)

    # All periods of the rhythms that have started on their first days; and the scheduled ones.
    known: dict[str, tuple[dt.date, dt.date]] = dict(spans)
    for day in days(beginning, until):
        name, awal = rhythms[owner(day)]
        code = code_of(name, day, awal)
        if code is not None and code not in known:
            first, last = span(name, day, awal)
            if rhythms[owner(first)] == (name, awal) and starts[owner(day)] <= first:
                known[code] = (first, last)
    found = []
    for code, (first, last) in known.items():
        day, continuous = last_day(code, first, last, versions, rhythms, starts, book)
        if day is None:
            continue
        row = owed(code, day, last, versions, dispensations, book)
        if row is not None and row["last_day"] <= until:
            found.append({**row, "continuous": continuous})
    return sorted(found, key=lambda row: (row["last_day"], row["period"]))


def lasting(versions: Sequence[ObligationVersion]) -> list[ObligationVersion]:
    """Without those that another one of the same day takes the place of."""
    by_day = {version.effective_from: version for version in versions[1:]}
    return [versions[0], *by_day.values()]


def rhythm_starts(
    versions: Sequence[ObligationVersion],
    rhythms: Sequence[tuple[str, int | None]],
    beginning: dt.date,
) -> list[dt.date]:
    starts = [dt.date.min]
    for i in range(1, len(versions)):
        since = versions[i].effective_from
        assert since is not None
        if rhythms[i] == rhythms[i - 1]:
            starts.append(starts[-1])
            continue
        day = since
        name, awal = rhythms[i]
        if name not in WITHOUT_RHYTHM:
            while code_of(name, day, awal) is None or (
                code_of(name, day, awal) == code_of(name, day - DAY, awal)
            ):
                day += DAY
        starts.append(day)
    return starts


def last_day(
    code: str,
    first: dt.date,
    last: dt.date,
    versions: Sequence[ObligationVersion],
    rhythms: Sequence[tuple[str, int | None]],
    starts: Sequence[dt.date],
    book: RuleBook,
) -> tuple[dt.date | None, bool]:
    """A calendar on the wall with one date for the period: each version in turn writes on it.

    With whether the period is one of continuous data.
    """
    continuous = False
    # Versions that follow each other with one rhythm are one rhythm.
    group = [
        sum(rhythms[j] != rhythms[j - 1] for j in range(1, i + 1)) for i in range(len(versions))
    ]
    on_the_wall: dt.date | None = None
    for i, version in enumerate(versions):
        # Whose period it is, by what is known when this version begins.
        owner = max(j for j in range(i + 1) if starts[j] <= first)
        continuous = rhythms[owner][0] == "terus_menerus" and first.strftime("%Y-%m") == code
        name, awal = rhythms[i]
        since = version.effective_from if i else dt.date.min
        assert since is not None
        if on_the_wall is not None and on_the_wall < since:
            return on_the_wall, continuous  # that day is over
        entry = {scheduled.period: scheduled.day for scheduled in version.jadwal}.get(code)
        if name in BY_SCHEDULE and entry is not None:
            wanted: list[dt.date | None] = [entry]
        elif group[i] > group[owner]:
            continue  # an older rhythm goes on: this version has nothing to say
        elif (
            group[i] == group[owner]
            and name not in WITHOUT_RHYTHM
            and code_of(name, first, awal) == code
            and span(name, first, awal) == (first, last)
        ):
            by_calendar = calendar_day(name, last, book)
            wanted = [entry, by_calendar] if entry is not None else [by_calendar]
            if on_the_wall is not None:
                wanted = wanted[:1]
        else:
            wanted = [None]
        for day in wanted:
            if day is None or day >= since:
                on_the_wall = day
                break
    return on_the_wall, continuous


def owed(
    code: str,
    day: dt.date,
    last: dt.date,
    versions: Sequence[ObligationVersion],
    dispensations: Mapping[str, Dispensation],
    book: RuleBook,
) -> dict[str, Any] | None:
    given = dispensations.get(code)
    extended = False
    if given is not None and given.until is not None:
        allowed = given.until
        limit = in_force(versions, given.until).valid_until
        if limit is not None and limit < allowed:
            allowed = limit
        if allowed > day:
            day, extended = allowed, True
    version = in_force(versions, day)
    if day not in range_of(version):
        return None
    return {
        "period": code,
        "last_day": day,
        "deadline": midnight_after(day, rules_for(last, book)),
        "opd": version.opd,
        "quarter": quarter_of(day),
        "waived": given is not None and given.until is None,
        "extended": extended,
    }


class range_of:
    """The days of a version's validity."""

    def __init__(self, version: ObligationVersion) -> None:
        self.version = version

    def __contains__(self, day: dt.date) -> bool:
        if day < self.version.valid_from:
            return False
        return self.version.valid_until is None or not day > self.version.valid_until


def in_force(versions: Sequence[ObligationVersion], day: dt.date) -> ObligationVersion:
    chosen = versions[0]
    for version in versions[1:]:
        assert version.effective_from is not None
        if version.effective_from <= day:
            chosen = version
    return chosen


def unjudged(
    versions: Sequence[ObligationVersion], beginning: dt.date, until: dt.date
) -> list[tuple[int, UUID]]:
    by_quarter: dict[int, list[dt.date]] = {}
    end = until
    while quarter_of(end + DAY) == quarter_of(until):
        end += DAY
    for day in days(beginning, end):
        by_quarter.setdefault(quarter_of(day), []).append(day)
    found = []
    for number, its_days in by_quarter.items():
        version = in_force(versions, its_days[-1])
        silent = version.frekuensi == "tidak_diketahui" or (
            version.frekuensi in BY_SCHEDULE and not version.jadwal
        )
        if silent and any(day in range_of(version) for day in its_days):
            found.append((number, version.opd))
    return found


# --- what counts -------------------------------------------------------------------------------


def mending_end(returned_at: dt.datetime, book: RuleBook) -> dt.datetime:
    rules = book.versions[0]
    for version in book.versions[1:]:
        assert version.effective_from is not None
        local = returned_at.astimezone(ZoneInfo(version.timezone)).date()
        if local >= version.effective_from and knew(version, returned_at):
            rules = version
    day = returned_at.astimezone(ZoneInfo(rules.timezone)).date()
    worked = 0
    while worked < rules.mending_days:
        day += DAY
        that_day = book.versions[0]
        for version in book.versions[1:]:
            assert version.effective_from is not None
            if version.effective_from <= day and knew(version, returned_at):
                that_day = version
        if works(day, that_day):
            worked += 1
    return midnight_after(day, rules)


def knew(version: RuleVersion, moment: dt.datetime) -> bool:
    if version.recorded_at is None:
        assert version.effective_from is not None
        zone = ZoneInfo(version.timezone)
        return moment.astimezone(zone).date() >= version.effective_from
    return version.recorded_at <= moment


def candidates(
    row: Mapping[str, Any], deposits: Mapping[str, Sequence[DepositFact]], book: RuleBook
) -> list[DepositFact]:
    """Deposits for a period; of continuous data all that came in the month as well."""
    found = list(deposits.get(row["period"], ()))
    if row["continuous"]:
        for other in (deposit for of_code in deposits.values() for deposit in of_code):
            last = dt.date.fromisoformat(row["period"] + "-28")
            while (last + DAY).strftime("%Y-%m") == row["period"]:
                last += DAY
            local = other.happened_at.astimezone(ZoneInfo(rules_for(last, book).timezone))
            if local.strftime("%Y-%m") == row["period"] and other not in found:
                found.append(other)
    return found


def counts(deposits: Sequence[DepositFact], book: RuleBook) -> dict[str, Any]:
    """Every deposit that stands with every chain that leads to it; the earliest of all."""
    offers = []
    for deposit in deposits:
        if deposit.ended is not None:
            continue
        chain = [deposit]
        while True:
            before = [d for d in deposits if d.id == chain[-1].replaces and d not in chain]
            if not before or before[0].ended not in ("returned", "revoked"):
                break
            returned_at = before[0].ended_at
            assert returned_at is not None
            if not chain[-1].happened_at < mending_end(returned_at, book):
                break
            if before[0].happened_at > chain[-1].happened_at:
                break
            chain.append(before[0])
        offers.append((chain[-1].happened_at, deposit.happened_at, deposit.id, deposit))
    if offers:
        since, _, _, deposit = min(offers, key=lambda offer: offer[:3])
        return {
            "deposit": deposit.id, "counts_from": since, "kind": deposit.kind,
            "inferred": deposit.inferred, "mending_until": None,
        }
    ends = [
        mending_end(d.ended_at, book)
        for d in deposits
        if d.ended in ("returned", "revoked") and d.ended_at is not None
    ]
    return {
        "deposit": None, "counts_from": None, "kind": None, "inferred": False,
        "mending_until": max(ends) if ends else None,
    }


# --- the judgement -----------------------------------------------------------------------------


def state(
    row: Mapping[str, Any], as_of: dt.datetime, first_frozen: dt.datetime | None = None
) -> str:
    came = row["counts_from"] is not None
    if came and first_frozen is not None:
        came = not row["counts_from"] >= first_frozen  # the list was closed by then
    in_time = came and row["counts_from"] < row["deadline"]
    day_over = as_of >= row["deadline"]
    mending = row["mending_until"] is not None and as_of < row["mending_until"]
    if in_time:
        return "on_time"
    if row["waived"]:
        return "excused"
    if came:
        return "late"
    return "missing" if day_over and not mending else "pending"


def verdict(states: Sequence[str]) -> str:
    in_due = [s for s in states if s in ("on_time", "late", "missing")]
    if not states:
        return "unjudged"
    if not in_due:
        return "pending" if "pending" in states else "excused"
    if "missing" not in in_due:
        return "fulfilled"
    return "missing" if set(in_due) == {"missing"} else "partial"


def ratio(part: int, whole: int) -> str | None:
    if whole == 0:
        return None
    exact = Fraction(part, whole)
    # Twenty digits are exact enough: no ratio of small numbers lies nearer to a half than that.
    decimal = Decimal(exact.numerator * 10**20 // exact.denominator) / Decimal(10**20)
    return str(decimal.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))


def figures(items: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Figures of an office from the lists of states of its obligations."""
    tally = Counter(verdict(states) for states in items)
    due_number = tally["fulfilled"] + tally["partial"] + tally["missing"]
    punctual = sum(
        1 for states in items
        if verdict(states) == "fulfilled" and "late" not in states
    )
    if due_number == 0:
        status = "nihil"
    elif tally["fulfilled"] == due_number:
        status = "lengkap"
    elif tally["missing"] == due_number:
        status = "belum_setor"
    else:
        status = "sebagian"
    return {
        "status": status, "due": due_number,
        **{key: tally[key] for key in
           ("fulfilled", "partial", "missing", "excused", "pending", "unjudged")},
        "rate": ratio(tally["fulfilled"], due_number), "on_time_rate": ratio(punctual, due_number),
    }


def judge(
    rows: Sequence[Mapping[str, Any]],
    unjudged_pairs: Sequence[tuple[UUID, UUID]],
    offices: Sequence[OfficeFacts],
    as_of: dt.datetime,
    first_frozen: dt.datetime | None = None,
) -> dict[str, Any]:
    """The board and the totals; ``rows`` of one quarter."""
    pairs = {(row["obligation"], row["opd"]) for row in rows} | set(unjudged_pairs)
    items: dict[UUID, list[list[str]]] = {office.id: [] for office in offices}
    for pair in pairs:
        items[pair[1]].append(
            [
                state(row, as_of, first_frozen)
                for row in rows if (row["obligation"], row["opd"]) == pair
            ]
        )
    lines = {office.id: seat(office, offices) for office in offices}
    board = {}
    for office in offices:
        members = [other for other in offices if lines[other.id] == office.id]
        together = [states for member in members for states in items[member.id]]
        stands = office.wajib_setor and office.existed
        if lines[office.id] != office.id or not (stands or together):
            continue
        silent = [
            member for member in members
            if member.id != office.id and figures(items[member.id])["status"] == "belum_setor"
        ]
        board[office.id] = {**figures(together), "units_silent": len(silent)}
    everything = [states for office in offices for states in items[office.id]]
    totals = figures(everything)
    del totals["status"]
    groups = Counter(row["status"] for row in board.values())
    return {
        "board": board,
        "totals": {
            "opd": len(board), **totals,
            **{key: groups[key] for key in ("lengkap", "sebagian", "belum_setor", "nihil")},
        },
        "own": {o.id: figures(items[o.id]) for o in offices if items[o.id]},
    }


def seat(office: OfficeFacts, offices: Sequence[OfficeFacts]) -> UUID:
    """In whose row an office is counted."""
    if office.wajib_setor:
        return office.id
    passed = [office]
    above = [other for other in offices if other.id == office.parent]
    while above and above[0] not in passed:
        if above[0].wajib_setor and above[0].existed:
            return above[0].id
        passed.append(above[0])
        above = [other for other in offices if other.id == passed[-1].parent]
    return office.id
