"""Where the message catalogues are, and how a text is marked for them.

The code carries English messages; ``i18n/`` holds what people read. A message that is translated
where it is written stands in ``tk._("...")``. One that is kept in a table first, and translated
where it is shown, stands in :func:`N_`, so that it is found all the same.
"""
from __future__ import annotations

from importlib import resources
from pathlib import Path

DOMAIN = "ckanext-satudata"


def N_(message: str) -> str:
    """Mark a message for the catalogue; ``tk._()`` translates it where it is shown."""
    return message


def catalogues() -> Path:
    """The directory of the catalogues.

    A built package holds them as ``ckanext.satudata.i18n``; in a checkout, installed editable or
    just on the path, they stand at the top.
    """
    package = Path(str(resources.files("ckanext.satudata")))
    packaged = package / "i18n"
    return packaged if packaged.is_dir() else package.parent.parent / "i18n"


class Catalogues:
    """What CKAN's ``ITranslation`` asks: directory, languages and domain of the catalogues."""

    def i18n_directory(self) -> str:
        """Where the catalogues are."""
        return str(catalogues())

    def i18n_locales(self) -> list[str]:
        """Languages that have a compiled catalogue."""
        return sorted(
            path.parent.parent.name for path in catalogues().glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
        )

    def i18n_domain(self) -> str:
        """Name of the catalogues' files."""
        return DOMAIN
