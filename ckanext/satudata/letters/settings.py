"""What letters take from the configuration: letterhead, signatory, copies, templates."""
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.satudata import config
from ckanext.satudata.journal import values

from .content import BLANK
from .docx import BrokenTemplate, render
from .life import REPRIMAND, REQUEST

#: The template of each kind: a file of the package, or of the city's own folder.
TEMPLATES = {REQUEST: "surat-permintaan-data.docx", REPRIMAND: "surat-teguran.docx"}

_REGENCY = "KABUPATEN"


def of_letter(kind: str, day: dt.date) -> dict[str, Any]:
    """What a letter of a kind that is drafted on a day takes from the configuration."""
    letters = config.letters
    request = kind == REQUEST
    who = "secretary" if request else "mayor"
    return {
        "letterhead": _letterhead(request),
        "place": config.letterhead("place") or config.city_name().partition(" ")[2],
        "pattern": number_pattern(day.year),
        "urgency": letters("urgency"),
        "regulation": letters("regulation"),
        "contact": letters("contact"),
        "signatory": {
            "jabatan": letters(f"{who}_position"), "nama": letters(f"{who}_name"),
            "pangkat": letters("secretary_rank") if request else "",
            "nip": letters("secretary_nip") if request else "",
        },
        "copies": values.items(letters("request_copies" if request else "reprimand_copies")),
    }


def number_pattern(year: int) -> str:
    """A number that was not given yet."""
    pattern = config.letters("number_pattern")
    return pattern.replace("{serial}", BLANK).replace("{year}", str(year))


def below() -> Decimal:
    """The rate (0 to 1) below which an office is reprimanded."""
    return Decimal(config.reprimand_below()) / 100


def filled(kind: str, words: dict[str, Any]) -> bytes:
    """The letter as a document of Word.

    :raises tk.ValidationError: the template cannot be used: which, what is wrong, and where
    """
    name = TEMPLATES[kind]
    own = Path(config.letters("template_dir") or ".") / name
    is_own = bool(config.letters("template_dir")) and own.is_file()
    template = own if is_own else resources.files("ckanext.satudata.letters") / "templates" / name
    try:
        return render(template.read_bytes(), words)
    except BrokenTemplate as error:
        place = tk._(" It stands near: “{words}”").format(words=error.where) if error.where else ""
        raise tk.ValidationError({"template": [tk._(
            "The template {name} cannot be used: {what}."
        ).format(name=str(own if is_own else name), what=error.what) + place]}) from error
    except OSError as error:
        raise tk.ValidationError({"template": [tk._(
            "The template {name} cannot be used: {what}."
        ).format(name=str(own), what=error.strerror or error)]}) from error


def _letterhead(request: bool) -> dict[str, str]:
    city = config.city_name().upper()
    first, _, rest = city.partition(" ")
    mayor = f"BUPATI {rest}" if first == _REGENCY else f"WALI {city}"
    return {
        "pemerintah": (config.letterhead("government") or f"PEMERINTAH {city}") if request
        else config.letterhead("mayor") or mayor,
        "kantor": config.letterhead("secretariat") if request else "",
        "alamat": config.letterhead("address"),
    }
