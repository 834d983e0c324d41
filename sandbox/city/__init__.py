"""The content of the sample city: hand-written data files and a pure, deterministic generator.

Nothing here touches CKAN or a database. :func:`sandbox.city.generate.generate` reads the files of
a city (``mojokerto/``) and returns a :class:`sandbox.city.model.City`; the bytes of its files come
from :mod:`sandbox.city.files`. All numbers and names of persons are invented, and say so.
"""
