"""The words of the compliance report: on screen, in sheets and on paper the same.

Every face of the report takes its sentences, labels, dates and numbers from here. Pure: the
translation is handed in, so that it can be the reader's, a forced one, or none (tests).
"""
from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.satudata.deposits import periods
from ckanext.satudata.journal.quarters import Quarter
from ckanext.satudata.schema import codes

#: States of an office, the most urgent first.
OFFICE_STATES = ("belum_setor", "sebagian", "lengkap", "nihil")
#: States of an item (one dataset that an office owes), the most urgent first.
ITEM_STATES = ("missing", "partial", "fulfilled", "pending", "excused", "unjudged")
#: States of one period of an item.
PERIOD_STATES = ("missing", "late", "on_time", "pending", "excused")

#: Names of the Indonesian time zones by their distance from UTC in hours.
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}
_SHORT_MONTH = 3


def _same(text: str) -> str:
    return text


def _same_plural(singular: str, plural: str, n: int) -> str:
    return singular if n == 1 else plural


@dataclass(frozen=True)
class Words:
    """Texts of the report in one language.

    :param lang: ``id`` or ``en``: dates, numbers and labels of code lists
    :param gettext: translates a message; by default messages stay English
    :param ngettext: the same for a message with a number
    """

    lang: str = "en"
    gettext: Callable[[str], str] = _same
    ngettext: Callable[[str, str, int], str] = _same_plural

    @property
    def english(self) -> bool:
        """Whether dates and numbers are written the English way (else the Indonesian)."""
        return self.lang.lower().startswith("en")

    # --- numbers, dates ------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """A whole number with separators: 1.265 in Indonesian, 1,265 in English."""
        text = f"{value:,}"
        return text if self.english else text.replace(",", ".")

    def percent(self, rate: str | None) -> str:
        """A rate of the report ("0.7341") as a percentage with two decimals; a dash for none."""
        if rate is None:
            return "–"
        whole, _, decimals = rate.partition(".")
        digits = whole + decimals.ljust(4, "0")[:4]
        text = f"{int(digits[:-2])}.{digits[-2:]}%"
        return text if self.english else text.replace(".", ",")

    def share(self, rate: str | None) -> str:
        """A rate as whole percent, rounded down: only what is complete is 100%."""
        return "–" if rate is None else f"{int(rate.replace('.', '')) // 100}%"

    def month(self, number: int, short: bool = False) -> str:
        """Name of a month, 1 to 12."""
        name = periods.MONTHS["en" if self.english else "id"][number - 1]
        return name[:_SHORT_MONTH] if short else name

    def date(self, day: dt.date | str, short: bool = False) -> str:
        """A date in words: 1 October 2026, or 1 Oct 2026 when ``short``."""
        day = dt.date.fromisoformat(day[:10]) if isinstance(day, str) else day
        return f"{day.day} {self.month(day.month, short)} {day.year}"

    def moment(self, moment: dt.datetime | str, short: bool = False) -> str:
        """Date, hour and minute with the name of the time zone, at the offset it carries."""
        at = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        clock = f"{at:%H:%M}" if self.english else f"{at:%H.%M}"
        return f"{self.date(at.date(), short)} {clock} {zone_name(at)}"

    # --- the quarter ---------------------------------------------------------------------------

    def span(self, quarter: Quarter) -> str:
        """First to last day: 1 Jul–30 Sep 2026."""
        first, last = quarter.first, quarter.last
        return (
            f"{first.day} {self.month(first.month, True)}–"
            f"{last.day} {self.month(last.month, True)} {last.year}"
        )

    def due_in(self, quarter: Quarter | str) -> str:
        """How a quarter is named wherever people read it.

        A quarter says when data was due, not what the data is about, hence never "data of".
        """
        _ = self.gettext
        quarter = _quarter(quarter)
        return _("due in quarter {roman} ({span})").format(
            roman=quarter.roman, span=self.span(quarter)
        )

    def quarter(self, quarter: Quarter | str) -> str:
        """Short name for lists and links: TW III 2026."""
        _ = self.gettext
        quarter = _quarter(quarter)
        return _("Q {roman} {year}").format(roman=quarter.roman, year=quarter.year)

    def title(self, quarter: Quarter | str) -> str:
        """Heading of the report of a quarter."""
        _ = self.gettext
        return _("Data deposit compliance") + " — " + self.due_in(quarter)

    def year_title(self, year: int) -> str:
        """Heading of the report of a year."""
        _ = self.gettext
        return _("Data deposit compliance") + " — " + _("year {year}").format(year=year)

    def evidence(self, measure: str) -> str:
        """What a measure of ``epss.MEASURES`` counts."""
        _ = self.gettext
        return {
            "standard": _("Published datasets with a code and all parts of the data standard"),
            "machine": _("Published datasets with an open, machine-readable file"),
            "reference": _("Published datasets that name their reference codes"),
            "on_time": _("Due items that came on time"),
            "published": _("Items of the daftar data whose dataset is published"),
            "formats": _("Published datasets in two formats or more"),
            "delivered": _("Due items that came"),
            "checks": _("Decisions of the walidata on datasets and deposits"),
            "accepted": _("Deposits that were accepted"),
            "reasons": _("Datasets that are not open and wait for no determination"),
            "letters": _("Letters that were sent"),
        }[measure]

    def year_sentence(self, found: Mapping[str, Any]) -> str:
        """A year in one sentence, beside the year before.

        :param found: the answer of ``satudata_compliance_year``
        """
        _ = self.gettext
        totals = found["totals"]
        if not totals["due"]:
            return _("Nothing was due in {year}.").format(year=found["year"])
        said = _("Of {due} items that were due in {year}, {fulfilled} came ({rate}), {on_time} on "
                 "time.").format(
            year=found["year"], due=self.number(totals["due"]), rate=self.percent(totals["rate"]),
            fulfilled=self.number(totals["fulfilled"]),
            on_time=self.percent(totals["on_time_rate"]),
        )
        before = [one for one in found["before"] if one["totals"]["due"]]
        if before:
            said += " " + _("The year before: {rate}, {on_time} on time.").format(
                rate=self.percent(before[0]["totals"]["rate"]),
                on_time=self.percent(before[0]["totals"]["on_time_rate"]))
        return said

    def cut_off(self, as_of: str | dt.datetime) -> str:
        """Up to which moment the figures count."""
        _ = self.gettext
        return _("As known on {moment}").format(moment=self.moment(as_of))

    # --- one sentence --------------------------------------------------------------------------

    def sentence(self, report: Mapping[str, Any]) -> str:
        """The whole report in one sentence: who has not deposited, and how often by now."""
        _ = self.gettext
        totals = report["totals"]
        if not totals["opd"]:
            return _("No office is on the board of this quarter.")
        if not totals["due"]:
            return _("Nothing is due yet.") if totals["pending"] else _("Nothing was due.")
        if not totals["belum_setor"]:
            return _(
                "Every office that had data due has deposited; {count} of {all} are complete."
            ).format(count=self.number(totals["lengkap"]), all=self.number(totals["opd"]))
        text = self.ngettext(
            "{count} of {all} office has not deposited",
            "{count} of {all} offices have not deposited",
            totals["opd"],
        ).format(count=self.number(totals["belum_setor"]), all=self.number(totals["opd"]))
        again = self._again(report["organizations"])
        return "; ".join([text, ", ".join(again)]) + "." if again else text + "."

    def _again(self, offices: Iterable[Mapping[str, Any]]) -> list[str]:
        _ = self.gettext
        times = Counter(
            office["consecutive_missed"] for office in offices
            if office["status"] == "belum_setor" and (office["consecutive_missed"] or 0) > 1
        )
        return [
            _("{count} {for_the_nth_time}").format(
                count=self.number(count), for_the_nth_time=self.nth_time(time)
            )
            for time, count in sorted(times.items(), reverse=True)
        ]

    def nth_time(self, count: int) -> str:
        """For the second, third … time in a row."""
        _ = self.gettext
        known = {
            2: _("for the second time in a row"),
            3: _("for the third time in a row"),
            4: _("for the fourth time in a row"),
            5: _("for the fifth time in a row"),
        }
        return known.get(count) or _("for the {n}th time in a row").format(n=count)

    def in_a_row(self, count: int) -> str:
        """How many quarters in a row, for one office."""
        return self.ngettext("{n} quarter in a row", "{n} quarters in a row", count).format(n=count)

    def incomplete_in_a_row(self, count: int) -> str:
        """How many quarters in a row something was missing of one office."""
        return self.ngettext(
            "not complete for {n} quarter in a row", "not complete for {n} quarters in a row", count
        ).format(n=count)

    def not_on_record(self, levels: Sequence[int]) -> str:
        """Which earlier reprimands the portal does not have."""
        _ = self.gettext
        names = {1: _("the first reprimand"), 2: _("the second reprimand")}
        return _("Not on record in the portal: {names}").format(
            names=", ".join(names[one] for one in levels))

    def items_line(self, totals: Mapping[str, Any]) -> str:
        """The figures of the items in one line."""
        _ = self.gettext
        counts = (
            f"{self.figure(key)} {self.number(totals[key])}"
            for key in ("due", "fulfilled", "partial", "missing", "pending", "excused", "unjudged")
        )
        rates = (
            f"{self.figure(key)} {self.percent(totals[key])}" for key in ("rate", "on_time_rate")
        )
        return _("Data items") + ": " + " · ".join([*counts, *rates])

    def missing_of(self, office: Mapping[str, Any]) -> str:
        """How much of what was due is missing, for one office."""
        return self.ngettext(
            "{missing} of {due} item missing", "{missing} of {due} items missing", office["due"]
        ).format(missing=self.number(office["missing"]), due=self.number(office["due"]))

    def arrears(self, office: Mapping[str, Any]) -> str:
        """What is still missing of earlier quarters; empty when nothing is."""
        count = office["arrears"]
        if not count:
            return ""
        return self.ngettext(
            "{n} period in arrears", "{n} periods in arrears", count
        ).format(n=self.number(count))

    def head(self, contact: Mapping[str, str]) -> str:
        """Position and name of an office's head, as far as they are known."""
        return ", ".join(
            contact[key] for key in ("kepala_jabatan", "kepala_nama") if contact.get(key)
        )

    def officer(self, contact: Mapping[str, str]) -> str:
        """Whom to call about the data, as far as the reader may know."""
        _ = self.gettext
        known = [contact[key] for key in ("petugas_data", "kontak_telepon") if contact.get(key)]
        return _("Data officer: {who}").format(who=", ".join(known)) if known else ""

    def against(self, board: Any, before: Mapping[str, Any] | None) -> list[str]:
        """A quarter against the one before, in sentences; none when there was nothing to compare.

        :param board: the quarter as ``board.arrange`` gives it
        """
        if before is None or not board.compared:
            return []
        _ = self.gettext
        counts = Counter(board.changes.values())
        found = [
            _("Against last quarter: {better} better, {worse} worse, {same} unchanged, {new} new."
              ).format(**{
                  name: self.number(counts[name]) for name in ("better", "worse", "same", "new")
              }),
            _("Quarter before: {rate} fulfilled, {count} offices without a deposit.").format(
                rate=self.percent(before["totals"]["rate"]),
                count=self.number(before["totals"]["belum_setor"]),
            ),
        ]
        if board.improved:
            office, old, new = board.improved
            found.append(_("Improved most: {office}, from {old} to {new}.").format(
                office=office["title"], old=self.percent(old), new=self.percent(new)))
        return found

    def since(self, item: Mapping[str, Any]) -> str:
        """An item that is missing, with the last day of its oldest missing period."""
        _ = self.gettext
        days = [one["last_day"] for one in item["periods"] if one["status"] == "missing"]
        return _("{title} (since {date})").format(
            title=item["title"], date=self.date(min(days), True))

    def excused(self, given: Mapping[str, Any], titles: Mapping[str, str]) -> str:
        """A dispensation: of which office, for what, until when, and why."""
        _ = self.gettext
        until = _("until {date}").format(date=self.date(given["until"], True)) if (
            given["until"]) else ""
        return ": ".join(filter(None, (
            titles.get(given["organization"], given["organization"]),
            ", ".join(filter(None, (given["title"], self.period(given["period"]), until))),
            (given["given"] or {}).get("note"),
        )))

    def mark(self, report: Mapping[str, Any], revision: int | None = None) -> str:
        """What kind of figures these are: frozen, of a trial, or still moving."""
        _ = self.gettext
        if report["frozen"]:
            numbered = _("revision {n}").format(n=revision) if revision else ""
            return " · ".join(filter(None, (_("Frozen"), numbered)))
        return _("Trial quarter") if report["trial"] else _("Not frozen")

    # --- labels --------------------------------------------------------------------------------

    def office_state(self, status: str) -> str:
        """Label of the state of an office."""
        _ = self.gettext
        return {
            "belum_setor": _("Not deposited"),
            "sebagian": _("Partly deposited"),
            "lengkap": _("Complete"),
            "nihil": _("Nothing due"),
        }.get(status, status)

    def item_state(self, status: str) -> str:
        """Label of the state of an item."""
        _ = self.gettext
        return {
            "fulfilled": _("Fulfilled"),
            "partial": _("Partly fulfilled"),
            "missing": _("Missing"),
            "pending": _("Still open"),
            "excused": _("Excused"),
            "unjudged": _("Not judged"),
        }.get(status, status)

    def period_state(self, status: str) -> str:
        """Label of the state of one period."""
        _ = self.gettext
        return {
            "on_time": _("On time"),
            "late": _("Late"),
            "missing": _("Missing"),
            "pending": _("Still open"),
            "excused": _("Excused"),
        }.get(status, status)

    def kind(self, kind: str | None) -> str:
        """Label of what was deposited."""
        _ = self.gettext
        return {
            None: "",
            "file": _("File"),
            "nil": _("Nil report"),
            "unchanged": _("Data unchanged"),
        }.get(kind, kind or "")

    def period(self, code: str) -> str:
        """Label of a period; a code that is none stays as it is."""
        try:
            return periods.label(code, "en" if self.english else "id")
        except ValueError:
            return code

    def period_column(self) -> str:
        """Heading of the state of a period, beside that of its item."""
        _ = self.gettext
        return _("Status of the period")

    def yes(self, value: bool | None) -> str:
        """Yes or no; nothing when it is not known."""
        _ = self.gettext
        return "" if value is None else _("Yes") if value else _("No")

    def frequency(self, code: str) -> str:
        """Label of a frequency."""
        return codes.label("frekuensi", code, self.lang)

    def access(self, code: str) -> str:
        """Label of an access class."""
        return codes.label("klasifikasi_akses", code, self.lang)

    def figure(self, key: str) -> str:
        """Label of a figure or column, by its name in the report."""
        _ = self.gettext
        return {
            "quarter": _("Quarter"), "opd": _("Offices"), "title": _("Office"),
            "kode_opd": _("Office code"), "parent": _("Parent office"), "status": _("Status"),
            "head": _("Head"), "due": _("Due"), "fulfilled": _("Fulfilled"),
            "partial": _("Partly fulfilled"), "missing": _("Missing"), "excused": _("Excused"),
            "pending": _("Still open"), "unjudged": _("Not judged"), "hidden": _("Not shown"),
            "rate": _("Fulfilled (%)"), "on_time_rate": _("On time (%)"), "arrears": _("Arrears"),
            "arrears_inherited": _("Of these inherited"),
            "consecutive_missed": _("Quarters without a deposit"),
            "consecutive_incomplete": _("Quarters not complete"),
            "units_silent": _("Silent units"), "commitment_signed": _("Commitment signed"),
            "metadata_score": _("Metadata score"), "item": _("Data item"),
            "frekuensi": _("Frequency"), "klasifikasi_akses": _("Access class"),
            "period": _("Data period"), "last_day": _("Last day"), "kind": _("Deposited as"),
            "inferred": _("Period inferred"), "happened_at": _("Deposited on"),
            "change": _("Against last quarter"), "hidden_obligations": _("Items not shown"),
            "as_of": _("As known on"), "frozen": _("Frozen"), "trial": _("Trial"),
            "sha256": _("Snapshot hash"),
        }.get(key, key)

    def legend(self) -> list[tuple[str, str]]:
        """Each word of the report, explained in one line for whoever never read the rules."""
        _ = self.gettext
        return [
            (_("Due"), _("The last day to deposit lies in this quarter and is over.")),
            (_("On time"), _("Deposited before the end of the last day.")),
            (_("Late"), _("Deposited, but after the last day.")),
            (_("Missing"), _("The last day is over and nothing has been deposited.")),
            (_("Still open"), _(
                "The last day, or the time to correct a returned deposit, is not over yet."
            )),
            (_("Excused"), _("The office need not deposit this period; it is not counted as due.")),
            (_("Not judged"), _("The item says no rhythm or schedule, so nothing can be due.")),
            (_("Arrears"), _("Periods of earlier quarters that are still missing.")),
            (_("Nil report"), _(
                "The office states that nothing happened in the period. It counts as a deposit."
            )),
            (_("Not shown"), _(
                "Items that are not open data: counted in every figure, never named to the public."
            )),
        ]

    def change(self, change: str | None) -> str:
        """Label of a comparison with the quarter before."""
        _ = self.gettext
        return {
            "better": _("Better"), "worse": _("Worse"), "same": _("Unchanged"), "new": _("New"),
        }.get(change or "", "–")

    # --- what was done -------------------------------------------------------------------------

    def letter_kind(self, kind: str, level: int | None = None) -> str:
        """What kind of letter it is; a reprimand with its level, where it has one."""
        _ = self.gettext
        if kind == "data_request":
            return _("Data request")
        return {
            1: _("First reprimand"), 2: _("Second reprimand"), 3: _("Third reprimand"),
        }.get(level or 0, _("Reprimand"))

    def letter_state(self, state: str) -> str:
        """Label of the state of a letter."""
        _ = self.gettext
        return {
            "konsep": _("In draft"), "bernomor": _("Numbered"), "ditandatangani": _("Signed"),
            "dikirim": _("Sent"), "dijawab": _("Answered"), "batal": _("Cancelled"),
        }.get(state, state)

    def letter_facts(self, letter: Mapping[str, Any]) -> str:
        """Number and days of a letter, as far as they are known."""
        _ = self.gettext
        days = (
            ("sent_on", _("sent {day}")), ("answered_on", _("answered {day}")),
            ("promised_on", _("promised by {day}")),
        )
        return " · ".join([
            *([_("No. {number}, {day}").format(
                number=letter["number"], day=self.date(letter["date"], short=True)
            )] if letter["number"] else []),
            *(text.format(day=self.date(letter[name], short=True))
              for name, text in days if letter[name]),
        ])

    def letter(self, letter: Mapping[str, Any]) -> str:
        """A letter in one line: what it is, how it stands, its number and days."""
        facts = (self.letter_state(letter["state"]), self.letter_facts(letter))
        said = ", ".join(filter(None, facts))
        return f"{self.letter_kind(letter['kind'], letter['level'])}: {said}"

    def hidden(self, count: int) -> str:
        """What is said of items that the reader may not see."""
        return self.ngettext(
            "{n} item is not shown because it is not open.",
            "{n} items are not shown because they are not open.",
            count,
        ).format(n=self.number(count))


def zone_name(moment: dt.datetime) -> str:
    """WIB, WITA or WIT; elsewhere the offset from UTC. Empty without a time zone."""
    offset = moment.utcoffset()
    if offset is None:
        return ""
    minutes = int(offset.total_seconds()) // 60
    if minutes % 60 == 0 and minutes // 60 in _ZONES:
        return _ZONES[minutes // 60]
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _quarter(quarter: Quarter | str) -> Quarter:
    return Quarter.parse(quarter) if isinstance(quarter, str) else quarter
