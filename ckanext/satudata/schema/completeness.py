"""Is a dataset described well enough to be submitted? What is missing, in words.

Saving is easy, publishing is earned: nothing is refused here. The check is what the star in the
form, the desk, the submission and the report all go by, and it is driven by the field table:
fields needed to publish, fields needed when a condition holds, the evidence of a closed dataset
(``private_evidence`` of the access rules), the offices named for a ``terbatas`` one. A value that
is there and wrong (a code of no list, an end before its start) counts as missing, with the reason.
What only lowers the score or deserves a look is a warning. Pure: no CKAN, no database.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ckanext.satudata.schema import codes, fields, values
from ckanext.satudata.schema.fields import Field, Need, is_given

OPEN, RESTRICTED, CLOSED = "terbuka", "terbatas", "tertutup"
WAITING = "menunggu_penetapan"

#: Evidence that does while a closure waits for the PPID's determination, for at most 90 days:
#: one sentence and a person, beside the reason itself.
WAITING_EVIDENCE = ("alasan_pengecualian", "uraian_alasan", "pejabat_ppid")

_TEXTS = {
    "not_listed": ("“{value}” tidak ada dalam daftar kode.", "“{value}” is not in the code list."),
    "bad_form": ("Bentuk isian tidak dikenali.", "The value is not written in a known form."),
    "end_before_start": (
        "Harus setelah “{other}”.", "Must be later than “{other}”."),
    "before_start": (
        "Tidak boleh sebelum “{other}”.", "Must not be earlier than “{other}”."),
    "after_end": (
        "Tidak boleh setelah “{other}”.", "Must not be later than “{other}”."),
    "waiting_too_long": (
        "Penetapan PPID hanya dapat ditunggu paling lama {days} hari.",
        "A determination can be waited for during {days} days at most."),
    "personal_open": (
        "Dataset terbuka tidak boleh mengandung data pribadi: ubah kelas akses atau anonimkan.",
        "An open dataset must not contain personal data: change its class or anonymise it."),
    "licence_closed": (
        "Lisensi ini hanya untuk dataset yang tidak terbuka.",
        "This licence is for datasets that are not open."),
    "no_form": (
        "Formulir metadata BPS belum dirujuk.", "No BPS metadata form is referred to."),
    "no_dictionary": (
        "Berkas “{file}” belum memiliki kamus data.", "File “{file}” has no data dictionary."),
    "no_file": ("Belum ada berkas data.", "There is no data file yet."),
    "no_open_format": (
        "Belum ada berkas berformat terbuka yang dapat dibaca mesin (CSV, JSON, XLSX …).",
        "No file is in an open, machine-readable format (CSV, JSON, XLSX …)."),
    "subtopic": (
        "Subtopik tidak termasuk topik yang dipilih.", "The subtopic is not one of the topic's."),
    "closure_over": (
        "Masa pengecualian sudah berakhir: perlu keputusan.",
        "The restriction has run out: a decision is needed."),
    "review_due": (
        "Tanggal tinjau ulang sudah lewat.", "The review date is over."),
    "review_late": (
        "Tinjau ulang lebih dari 12 bulan setelah penetapan.",
        "The review is more than 12 months after the determination."),
}


@dataclass(frozen=True)
class Completeness:
    """The answer of :func:`check`.

    ``complete``: nothing needed is missing or wrong. ``score``: whole per cent, rounded down, of
    what is asked (needed fields and metadata forms) that is there. ``missing``: {field, label,
    group} of each lack, with ``message`` where a value is there and wrong, and ``resource`` (id or
    name) where it is a file's. ``warnings``: {field, message} of what deserves a look.
    """

    complete: bool
    score: int
    missing: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain dicts."""
        return asdict(self)


def check(
    dataset: Mapping[str, Any],
    organization: Mapping[str, Any] | None = None,
    *,
    table: Sequence[Field] | None = None,
    lang: str = "id",
    today: dt.date | None = None,
) -> Completeness:
    """How complete the metadata of a dataset are.

    ``dataset`` is a dict as ``package_show`` gives it. ``organization`` is the owning office's, if
    at hand: what it could supply for an empty field is offered as that lack's ``suggestion``.
    ``table``: the fields to go by, of dataset and files (default: the field table).
    ``lang``: labels and messages in English (``en``…) or Indonesian. ``today``: the city's day;
    without it nothing is said about restrictions that have run out.
    """
    judge = _Judge(dataset, organization or {}, table or default_table(), lang)
    for item in judge.table:
        if item.group != fields.RESOURCE_GROUP:
            judge.dataset_field(item)
    judge.dates()
    judge.closure()
    judge.openness()
    judge.files()
    if today is not None:
        judge.overdue(today)
    return judge.answer()


def default_table() -> tuple[Field, ...]:
    """The fields of a dataset and of its files, from the field table."""
    return (*fields.dataset_fields(), *fields.group_fields(fields.RESOURCE_GROUP))


def office_defaults(organization: Mapping[str, Any]) -> dict[str, str]:
    """What an office's own fields say for the datasets it keeps, by dataset field."""
    found: dict[str, str] = {}
    for name, sources in _OFFICE_SOURCES.items():
        given = [str(organization[key]) for key in sources if is_given(organization.get(key))]
        if given:
            found[name] = given[0]
    return found


_OFFICE_SOURCES = {
    "kode_wilayah": ("kode_wilayah",),
    "produsen_data": ("title",),
    "penanggung_jawab": ("kepala_jabatan",),
    "kontak_produsen": ("kontak_surel", "kontak_telepon"),
}


def _is_needed(item: Field, dataset: Mapping[str, Any]) -> bool:
    """Whether a field is asked of a person, by condition, class and evidence of this dataset."""
    if item.computed or not fields.condition_holds(item.needed_when, dataset):
        return False
    access = dataset.get("klasifikasi_akses")
    if item.need is Need.CLOSED:
        return _is_evidence(item.name, dataset)
    if item.need is Need.RESTRICTED:
        return access == RESTRICTED
    return item.need in (Need.PUBLISH, Need.CONDITION)


def _is_evidence(name: str, dataset: Mapping[str, Any]) -> bool:
    """Whether a field must say why this dataset is not open.

    Closed: the PPID's determination or, while it is waited for, one sentence and a person.
    Restricted: the Forum's agreement, or the same.
    """
    access = dataset.get("klasifikasi_akses")
    if access not in (RESTRICTED, CLOSED):
        return False
    if access == RESTRICTED and is_given(dataset.get("kesepakatan_forum")):
        return False
    return dataset.get("alasan_pengecualian") != WAITING or name in WAITING_EVIDENCE


def max_waiting_days() -> int:
    """How many days a determination may be waited for."""
    reason = codes.get("alasan_pengecualian", WAITING)
    return int(reason.extra["max_days"]) if reason else 0


_FORMS: dict[str, Callable[[Any], Any]] = {
    "date": values.parse_date,
    "date_or_year": values.parse_date_or_year,
    "region_code": values.parse_region,
    "sds_code": values.parse_sds,
}


class _Judge:
    """Collects what is asked, what is there, what is missing and what deserves a look."""

    def __init__(
        self, dataset: Mapping[str, Any], organization: Mapping[str, Any],
        table: Sequence[Field], lang: str,
    ) -> None:
        self.dataset = dataset
        self.table = table
        self.known = {**fields.by_name(), **{
            item.name: item for item in table if item.group != fields.RESOURCE_GROUP}}
        self.lang = "en" if lang.lower().startswith("en") else "id"
        self.offers = office_defaults(organization)
        self.asked = 0
        self.present = 0
        self.missing: list[dict[str, str]] = []
        self.warnings: list[dict[str, str]] = []
        self.wrong: set[str] = set()

    def answer(self) -> Completeness:
        score = 100 * self.present // self.asked if self.asked else 100
        return Completeness(not self.missing, score, self.missing, self.warnings)

    # -- single fields ------------------------------------------------------------------------

    def dataset_field(self, item: Field) -> None:
        """One field of the dataset: needed and there, or given at least in a right form."""
        value = self._value(item.name)
        if _is_needed(item, self.dataset):
            self.asked += 1
            if is_given(value):
                self.present += 1
            elif item.is_form_reference:
                self._warn(item.name, "no_form")
                return
            else:
                self._lack(item)
                return
        if is_given(value):
            self._form(item, value)

    def _value(self, name: str) -> Any:
        if name == "tag_string":
            return self.dataset.get("tags") or self.dataset.get("tag_string")
        return self.dataset.get(name)

    def _form(self, item: Field, value: Any) -> None:
        if item.code_list and item.name != "license_id" and codes.is_list(item.code_list):
            listed = values.load_list(value) if item.is_list else [value]
            free = codes.is_open(item.code_list) or item.type == "list[text]"
            for code in listed:
                if not free and not codes.is_code(item.code_list, code):
                    self._wrong(item.name, "not_listed", value=code)
        elif item.type in _FORMS:
            try:
                _FORMS[item.type](value)
            except values.BadValue:
                self._wrong(item.name, "bad_form")

    # -- fields together ----------------------------------------------------------------------

    def dates(self) -> None:
        """The span of the data runs forwards."""
        self._order("dimensi_awal", "dimensi_akhir", "before_start", lambda a, b: a <= b)

    def _order(
        self, start: str, end: str, text: str, holds: Callable[[dt.date, dt.date], bool]
    ) -> None:
        first, last = self._day(start), self._day(end)
        if first and last and not holds(first, last):
            self._wrong(end, text, other=self._label(start))

    def _day(self, name: str) -> dt.date | None:
        value = self.dataset.get(name)
        if not is_given(value) or name in self.wrong:
            return None
        return values.first_day(values.parse_date_or_year(value))

    def closure(self) -> None:
        """The evidence of a dataset that is not open holds together."""
        if self.dataset.get("klasifikasi_akses") not in (RESTRICTED, CLOSED):
            return
        self._order(
            "jangka_waktu_mulai", "jangka_waktu_akhir", "end_before_start", lambda a, b: a < b)
        review, end = self._day("tanggal_tinjau_ulang"), self._day("jangka_waktu_akhir")
        determined = self._day("tanggal_uji_konsekuensi")
        if review and end and review > end:
            self._wrong(
                "tanggal_tinjau_ulang", "after_end", other=self._label("jangka_waktu_akhir"))
        if review and determined and review > _a_year_after(determined):
            self._warn("tanggal_tinjau_ulang", "review_late")
        start, days = self._day("jangka_waktu_mulai"), max_waiting_days()
        if self._waits() and start and end and end > start + dt.timedelta(days=days):
            self._wrong("jangka_waktu_akhir", "waiting_too_long", days=days)

    def openness(self) -> None:
        """What an open dataset may not say, and what does not fit together."""
        if self.dataset.get("klasifikasi_akses") == OPEN:
            if self.dataset.get("mengandung_data_pribadi") in ("umum", "spesifik"):
                self._wrong("mengandung_data_pribadi", "personal_open")
            licence = codes.get("lisensi", self.dataset.get("license_id"))
            if licence and licence.extra.get("only_when_private"):
                self._wrong("license_id", "licence_closed")
        subtopic = codes.get("subtopik_sdi", self.dataset.get("subtopik"))
        topic = self.dataset.get("topik")
        if subtopic and is_given(topic) and subtopic.extra["topik"] != topic:
            self._warn("subtopik", "subtopic")

    def overdue(self, today: dt.date) -> None:
        """What has run out is reported; it is never opened by a machine."""
        if self.dataset.get("klasifikasi_akses") not in (RESTRICTED, CLOSED):
            return
        start, end = self._day("jangka_waktu_mulai"), self._day("jangka_waktu_akhir")
        waited = dt.timedelta(days=max_waiting_days())
        if (end and end < today) or (self._waits() and start and start + waited < today):
            self._warn("jangka_waktu_akhir", "closure_over")
        review = self._day("tanggal_tinjau_ulang")
        if review and review < today:
            self._warn("tanggal_tinjau_ulang", "review_due")

    def _waits(self) -> bool:
        return self.dataset.get("alasan_pengecualian") == WAITING

    # -- files --------------------------------------------------------------------------------

    def files(self) -> None:
        """The fields of each file; that there is one, and one that a machine can read."""
        resources = list(self.dataset.get("resources") or ())
        for resource in resources:
            self._resource(resource)
        data = [item for item in resources if _is_data(item)]
        if not data:
            self._warn("resources", "no_file")
        elif not any(_is_open_format(item) for item in data):
            self._warn("resources", "no_open_format")

    def _resource(self, resource: Mapping[str, Any]) -> None:
        for item in self.table:
            if item.group != fields.RESOURCE_GROUP:
                continue
            value = resource.get(item.name)
            needed = item.need in (Need.PUBLISH, Need.CONDITION) and fields.condition_holds(
                item.needed_when, resource)
            if item.is_form_reference and _is_data(resource):
                self.asked += 1
                self.present += is_given(value)
                if not is_given(value):
                    self._warn(item.name, "no_dictionary", file=_file_name(resource))
            elif needed:
                self.asked += 1
                self.present += is_given(value)
                if not is_given(value):
                    self._lack(item, resource=_file_name(resource))

    # -- words --------------------------------------------------------------------------------

    def _text(self, key: str, **words: Any) -> str:
        return _TEXTS[key][self.lang == "en"].format(**words)

    def _label(self, name: str) -> str:
        return self.known[name].label(self.lang)

    def _lack(self, item: Field, **more: str) -> None:
        lack = {"field": item.name, "label": item.label(self.lang), "group": item.group, **more}
        if item.name in self.offers and not more:
            lack["suggestion"] = self.offers[item.name]
        self.missing.append(lack)

    def _wrong(self, name: str, key: str, **words: Any) -> None:
        """A value that is there and wrong: it does not count, and the reason is said."""
        item = self.known[name]
        if name in self.wrong:
            return
        self.wrong.add(name)
        self.present -= _is_needed(item, self.dataset)
        self._lack(item, message=self._text(key, **words))

    def _warn(self, name: str, key: str, **words: Any) -> None:
        self.warnings.append({"field": name, "message": self._text(key, **words)})


def _a_year_after(day: dt.date) -> dt.date:
    last_of_february = day.month == 2 and day.day == 29
    return day.replace(year=day.year + 1, day=28 if last_of_february else day.day)


def _is_data(resource: Mapping[str, Any]) -> bool:
    kind = resource.get("jenis_berkas")
    return not is_given(kind) or kind == "data"


def _is_open_format(resource: Mapping[str, Any]) -> bool:
    code = codes.normalise("format_berkas", resource.get("format"))
    entry = codes.get("format_berkas", code)
    return bool(entry and entry.extra.get("open_machine_readable"))


def _file_name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("name") or resource.get("id") or "?")


def labels(names: Iterable[str], lang: str = "id") -> list[str]:
    """Labels of dataset fields by their names; an unknown name stands for itself."""
    known = fields.by_name()
    return [known[name].label(lang) if name in known else name for name in names]
