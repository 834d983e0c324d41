"""Sealed: nobody gets on any way out what the table of readers does not give them.

``people`` are who asks, ``things`` what is there to be hidden, ``ways`` how it could come out; each
of the three is a table that is easily made longer. ``judging`` asks and compares.
"""
