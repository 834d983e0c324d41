"""The papers of a letter: made, read back, and compared with what it is to say."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ckan")

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader

from ckanext.satudata.letters import pdf, reading, settings, store

from .town import LAST, SECRET, call, drafted, scan, step

pytestmark = pytest.mark.usefixtures("with_plugins")


def _document(letter: dict[str, Any]) -> bytes:
    from uuid import UUID

    row = store.get(UUID(letter["id"]))
    assert row is not None
    return reading.document(row)


def _words(document: bytes) -> str:
    opened = Document(io.BytesIO(document))
    parts = [opened.element.body, opened.sections[0].footer._element,
             opened.sections[0].header._element]
    lines = []
    for part in parts:
        for paragraph in part.iter(qn("w:p")):
            lines.append("".join(one.text or "" for one in paragraph.iter(qn("w:t"))))
    return " ".join(" ".join(lines).split())


def _pdf_words(document: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf.render(document))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_reprimand_says_all_that_it_must(city: Any) -> None:
    request = drafted(kind="data_request")
    step("wali", request["id"], "number", "000.7/21/2026")
    call("wali", "satudata_commitment_create", organization="dishub", signatory="Dra. Ani, M.Si.",
         position="Kepala Dinas", date="2026-01-12", document=scan())
    letter = drafted()
    assert "KONSEP" in _words(_document(letter))
    numbered = step("wali", letter["id"], "number", "100.3/9/2026")
    document = _document(numbered)
    for words in (_words(document), _pdf_words(document)):
        for part in (
            "WALI KOTA", "100.3/9/2026", "Teguran kedua", "teguran kedua",
            "000.7/21/2026", f"Triwulan {LAST.roman}", "Kepala Dinas Perhubungan <b>",
            "Dra. Ani, M.Si.", "12 Januari 2026", "2 (dua) triwulan berturut-turut",
            "Jumlah angkutan", "=1+1 <script>alert(1)</script>", "Terlambat", "Bulanan",
            "Inspektorat", "Kepala BPS", letter["sha256"], "Tembusan",
        ):
            assert part in words, part
        assert "KONSEP" not in words
        assert "{{" not in words and "{%" not in words
    assert pdf.render(document) == pdf.render(_document(numbered))


def test_a_level_without_a_lower_one_on_record_is_said_to_rest_on_the_quarters(city: Any) -> None:
    basis = "(menurut jumlah triwulan berturut-turut)"
    letter = drafted()
    assert f"teguran kedua {basis}" in _words(_document(letter))
    step("wali", letter["id"], "cancel")
    lower = _words(_document(drafted(level=1)))
    assert "teguran pertama dan diperintahkan" in lower and basis not in lower
    assert "0 data" not in lower


def test_a_request_counts_what_it_does_not_name_and_names_silent_units(city: Any) -> None:
    document = _document(drafted(kind="data_request", office="dinkes"))
    for words in (_words(document), _pdf_words(document)):
        assert SECRET not in words
        assert "dan 1 data lain yang tidak disebutkan judulnya" in words
        assert "Jumlah kunjungan (UPTD Puskesmas)" in words
        assert "belum menyetor: UPTD Puskesmas" in words
        assert "Sekretaris Daerah" in words and "SEKRETARIAT DAERAH" in words
        assert "Peraturan Presiden Nomor 39 Tahun 2019" in words
        assert "Belum disetor" in words


def test_what_a_live_quarter_says_is_not_called_frozen(city: Any, changed: Any) -> None:
    # Without its snapshots the quarter is live again.
    model.Session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    for table in ("satudata_snapshot_office", "satudata_snapshot"):
        model.Session.execute(sa.text(f"DELETE FROM {table}"))
    model.Session.commit()
    letter = drafted(kind="data_request")
    assert (letter["sha256"], letter["revision"]) == (None, None)
    assert "triwulan belum dibekukan" in _words(_document(letter))
    with pytest.raises(tk.ValidationError):
        drafted(kind="reprimand")


# --- the city's own templates ------------------------------------------------------------------


def _own(folder: Path, text: str, name: str = "surat-teguran.docx") -> None:
    document = Document()
    document.add_paragraph("Kepala surat kota")
    document.add_paragraph(text)
    document.save(str(folder / name))


@pytest.fixture
def folder(tmp_path: Path, ckan_config: Any, monkeypatch: Any) -> Path:
    monkeypatch.setitem(ckan_config, "ckanext.satudata.letters.template_dir", str(tmp_path))
    return tmp_path


def test_the_citys_own_template_takes_the_place_of_ours(city: Any, folder: Path) -> None:
    _own(folder, "Nomor {{ nomor }}: {{ opd }}, {% for b in butir %}{{ b.nama }}; {% endfor %}")
    words = _words(_document(drafted()))
    assert words.startswith("Kepala surat kota Nomor 000.7/")
    assert "Jumlah angkutan" in words
    # The other kind is still ours.
    assert "PEMERINTAH" in _words(_document(drafted(kind="data_request")))


@pytest.mark.parametrize(("text", "said"), [
    ("Nomor {{ nomorr }}", "nomorr"),
    ("{% if nomor %} tanpa akhir", "not written right"),
    ("{{ nomor }", "not written right"),
    ("{{ kop.warna }}", "warna"),
    ("{{ ''.__class__.__mro__ }}", "__class__"),
    ("{% include 'x' %}", "no loader"),
])
def test_a_broken_template_says_where_and_what(
    city: Any, folder: Path, text: str, said: str
) -> None:
    _own(folder, text)
    with pytest.raises(tk.ValidationError) as refused:
        _document(drafted())
    message = str(refused.value)
    assert "surat-teguran.docx" in message and said in message


@pytest.mark.parametrize("content", [b"", b"plain text", b"PK\x03\x04 half a file"])
def test_what_is_no_document_of_word_is_said(city: Any, folder: Path, content: bytes) -> None:
    (folder / settings.TEMPLATES["reprimand"]).write_bytes(content)
    with pytest.raises(tk.ValidationError) as refused:
        _document(drafted())
    assert "surat-teguran.docx" in str(refused.value)
