"""What a file contains: personal data that must stay in, and whether it is a sound table.

``headers``, ``structure``, ``columns`` and ``content`` think, and know neither CKAN nor a database;
``reading`` takes files apart; ``store`` and ``running`` keep and make the inspections of a portal.
The rules: docs/access.md, "Personal data".
"""
