"""A letter in Word's format, from a template that a city may change in Word. Pure: no CKAN.

Templates are filled in a sandbox of Jinja: what they may do is write the places they are given.
"""
from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import LxmlError

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: What a file must unpack to at most (bytes): a template is a page or two.
_MOST = 50 * 1024 * 1024
#: Characters that are shown of the words around a fault.
_AROUND = 160
_PARAGRAPH, _TEXT = qn("w:p"), qn("w:t")


class BrokenTemplate(ValueError):
    """A template cannot be used.

    :param what: what is wrong, as the reader of the template said it
    :param where: the words around the place, as far as they are known
    """

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(what)
        self.what, self.where = what, where


def render(template: bytes, words: Mapping[str, Any]) -> bytes:
    """A template with its places filled.

    :param template: the bytes of a .docx
    :param words: as of ``content.words``
    :raises BrokenTemplate: it is no document of Word, or a place in it cannot be filled
    """
    _look(template)
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.render(dict(words), environment)
    except TemplateError as error:
        raise _broken(template, error) from error
    except (OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BrokenTemplate(f"{type(error).__name__}: {error}") from error
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _look(template: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as packed:
            size = sum(one.file_size for one in packed.infolist())
            whole = "word/document.xml" in packed.namelist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise BrokenTemplate("this is no .docx file") from error
    if not whole or size > _MOST:
        raise BrokenTemplate("this is no .docx file")


def _broken(template: bytes, error: Exception) -> BrokenTemplate:
    """What is wrong, and the words around it as they stand in the template."""
    message = str(getattr(error, "message", None) or error)
    if isinstance(error, UndefinedError):
        name = next(iter(re.findall(r"'([^']+)' is undefined|attribute '([^']+)'", message)), ())
        return BrokenTemplate(
            f"there is no such place: {message}", _line(template, "".join(name))
        )
    # The reader of templates gives the lines around the place.
    lines = " ".join(getattr(error, "docx_context", None) or ())
    return BrokenTemplate(
        f"a place or condition is not written right: {message}", " ".join(lines.split())[:_AROUND]
    )


def _line(template: bytes, word: str) -> str:
    """The first line of a template that has a word."""
    body = Document(io.BytesIO(template)).element.body
    texts = ("".join(part.text or "" for part in one.iter(_TEXT)) for one in body.iter(_PARAGRAPH))
    return next((text[:_AROUND] for text in texts if word and word in text), "")
