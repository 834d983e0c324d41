"""The one function that decides whether a dataset is private, and in words why.

Public is what is ``terbuka``, ``terverifikasi`` and active; everything else has ``private = True``
in the database, because half of CKAN looks at nothing else. Every door calls :func:`decide`, for
every caller, and so does ``ckan satudata why``. Pure: no CKAN, no database.
"""
from __future__ import annotations

from dataclasses import dataclass

from ckanext.satudata.schema import codes
from ckanext.satudata.translation import N_

from .lifecycle import TERVERIFIKASI

TERBUKA, TERBATAS, TERTUTUP = "terbuka", "terbatas", "tertutup"

#: From the most open to the most closed.
CLASSES = (TERBUKA, TERBATAS, TERTUTUP)

STRICT, WARN = "strict", "warn"

#: The type whose records are datasets.
DATASET = "dataset"
#: Records that describe datasets and are never datasets themselves.
COMPANIONS = ("kegiatan", "indikator")

#: What each rule says, as msgids.
RULES = {
    "other_type": N_("Records of this type are not datasets of Satu Data: the caller decides."),
    "companion": N_("Statistical activities and indicators are never listed as datasets."),
    "closed_class": N_("Its access class is not open."),
    "personal_data": N_("A file of it certainly holds personal data."),
    "unchecked": N_("A file of it has not been looked at for personal data yet: try again soon."),
    "as_asked": N_("The portal only warns: what is not closed stays as its caller set it."),
    "not_active": N_("It is not active."),
    "no_class": N_("It has no access class; what has none counts as closed."),
    "not_verified": N_("It is open, but not verified."),
    "verified": N_("It is open, verified and active."),
}


@dataclass(frozen=True)
class Decision:
    """Whether a dataset is private, by which rule of :data:`RULES`."""

    private: bool
    rule: str

    @property
    def explanation(self) -> str:
        """The rule in words, as a msgid."""
        return RULES[self.rule]


def decide(
    *,
    klasifikasi_akses: str | None,
    status: str,
    state: str,
    dataset_type: str,
    enforcement: str,
    asked_private: bool | None = None,
    current_private: bool | None = None,
    held: str | None = None,
) -> Decision:
    """Decide ``private`` from class and verification.

    Our own rule: docs/access.md, "Who sees a dataset, and when it becomes public".

    :param klasifikasi_akses: the class that counts (see :func:`effective_class`), None: none given
    :param status: where the submission stands, one of ``lifecycle.STATES``
    :param state: CKAN's state of the record (``active``, ``draft``, ``deleted``)
    :param dataset_type: CKAN's type of the record
    :param enforcement: ``strict`` or ``warn``
    :param asked_private: what the caller wants, None: nothing said
    :param current_private: what is stored, None: nothing yet
    :param held: what keeps its files in, on every portal: ``personal_data`` (a file certainly holds
        some) or ``unchecked`` (it would be opened before somebody has looked at a file)
    """
    asked = asked_private if asked_private is not None else bool(current_private)
    if dataset_type in COMPANIONS:
        return Decision(True, "companion")
    if dataset_type != DATASET:
        return Decision(asked, "other_type")
    closed = klasifikasi_akses in (TERBATAS, TERTUTUP)
    if closed or held:
        return Decision(True, "closed_class" if closed else held or "")
    if enforcement == WARN:
        return Decision(asked, "as_asked")
    if state != "active":
        return Decision(True, "not_active")
    if klasifikasi_akses != TERBUKA:
        return Decision(True, "no_class")
    if status != TERVERIFIKASI:
        return Decision(True, "not_verified")
    return Decision(False, "verified")


def is_governed(dataset_type: str | None) -> bool:
    """Whether records of this type have a submission and a class."""
    return dataset_type == DATASET


def class_code(value: object) -> str | None:
    """The class that a value means, aliases included; None for none or an unknown one."""
    return codes.normalise("klasifikasi_akses", value)


def effective_class(given: object, verified: str | None) -> str | None:
    """The class that decides about ``private``: the one given, else the one last verified.

    A whole dict without a class neither opens nor closes what has one.
    """
    return class_code(given) or verified


def reading_class(given: object, verified: str | None) -> str:
    """The class by which readers are admitted: the more closed of the two.

    Opening waits for a verification. What never had a class counts as closed, as in sheets.
    """
    known = [code for code in (class_code(given), verified) if code in CLASSES]
    return max(known, key=CLASSES.index, default=TERTUTUP)


def more_closed(one: str, other: str) -> str:
    """The more closed of two classes."""
    return max(one, other, key=CLASSES.index)


def is_more_closed(new: str | None, old: str | None) -> bool:
    """Whether a class is more closed than another; no class is neither."""
    return new in CLASSES and old in CLASSES and CLASSES.index(new) > CLASSES.index(old)
