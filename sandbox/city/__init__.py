"""The content of the sample city: hand-written data files and a pure, deterministic generator.

:func:`sandbox.city.generate.generate` reads the files of a city (``mojokerto/``) and returns a
:class:`sandbox.city.model.City`; the bytes of its files come from :mod:`sandbox.city.files`. Only
:mod:`sandbox.city.load` and its parts (``steps``, ``bulk``, ``check``) touch CKAN and a database.
All numbers and names of persons are invented, and say so.
"""
