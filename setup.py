"""Packaging that `pyproject.toml` cannot express: package data and the message catalogues."""

from __future__ import annotations

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

CATALOGUES = "ckanext.satudata.i18n"


class BuildWithoutTools(build_py):
    """Leave out the script that refreshes the catalogues: it belongs to the checkout."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """The modules of a package; the catalogues have none."""
        return [] if package == CATALOGUES else super().find_package_modules(package, package_dir)


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
        # The compiled catalogues are kept with their sources; a test holds them together.
        CATALOGUES: ["**/*.po", "**/*.pot", "**/*.mo"],
    },
    exclude_package_data={"": ["*.pyc", "**/__pycache__/*"]},
    cmdclass={"build_py": BuildWithoutTools},
)
