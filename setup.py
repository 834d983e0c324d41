"""Packaging that `pyproject.toml` cannot express: package data, catalogues and their compiling."""

from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

CATALOGUES = "ckanext.satudata.i18n"


class BuildWithCatalogues(build_py):
    """Compile the message catalogues into the built package."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self._compile(Path(self.build_lib, *CATALOGUES.split(".")))

    def _compile(self, target: Path) -> None:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for source in sorted(Path("i18n").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as handle:
                catalogue = read_po(handle)
            compiled = target / source.relative_to("i18n").with_suffix(".mo")
            compiled.parent.mkdir(parents=True, exist_ok=True)
            with compiled.open("wb") as handle:
                write_mo(handle, catalogue)


setup(
    packages=[
        "ckanext.satudata",
        *(f"ckanext.satudata.{name}" for name in find_packages("ckanext/satudata")),
        CATALOGUES,
    ],
    package_dir={CATALOGUES: "i18n"},
    package_data={
        # Every file below the package belongs to it: templates, assets, data, migrations.
        "ckanext.satudata": ["**/*"],
        CATALOGUES: ["**/*.po", "**/*.pot"],
    },
    exclude_package_data={"": ["*.pyc", "**/__pycache__/*"]},
    cmdclass={"build_py": BuildWithCatalogues},
)
