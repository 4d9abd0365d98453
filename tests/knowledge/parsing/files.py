"""Files as people send them, good and bad: each maker returns the bytes of one."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterable
from importlib import resources

from fpdf import FPDF

FONT = str(resources.files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf")

EN = (
    "Leveraged funds financed about ${size} billion of cash-futures basis positions in repo in "
    "September 2025. The haircut on most of these trades was close to zero, so leverage reached "
    "{times} times the margin that was posted. Dealers kept lending through the summer, since the "
    "collateral is safe and the margin calls were met. "
)
ZH = (
    "2026年1月的调查显示\uff0c对冲基金的基差交易规模约为{size}亿美元\uff0c平均杠杆为{times}倍。"
    "国债回购的折扣率大多接近于零\uff0c初始保证金约为2.1%。交易商表示\uff0c只要抵押品价格稳定\uff0c"
    "它们就会继续提供融资。"
)
TENORS = ("2-year", "3-year", "5-year", "7-year", "10-year", "20-year", "30-year")


class _Report(FPDF):
    def header(self) -> None:
        self.set_font("SC", size=8)
        self.cell(text="Morgan Stanley | Treasury basis monitor | 14 January 2026")
        self.ln(6)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("SC", size=8)
        self.cell(w=0, text=f"Page {self.page_no()}", align="C")


def two_column_report(pages: int = 40) -> bytes:
    """Return a PDF in two columns, every other page Chinese, a table at the foot of each page.

    Page n says a size of 400 + n billion dollars and a leverage of 20 + n times.
    """
    pdf = _Report()
    pdf.set_title("Treasury basis monitor")
    pdf.add_font("SC", fname=FONT)
    pdf.add_font("SC", "B", fname=FONT)
    for number in range(1, pages + 1):
        chinese = number % 2 == 0
        pdf.add_page()
        pdf.set_font("SC", size=14)
        pdf.cell(text=f"第{number}部分 融资与杠杆" if chinese else f"Part {number}: funding")
        pdf.ln(10)
        pdf.set_font("SC", size=10)
        said = (ZH if chinese else EN).format(
            size=(400 + number) * 10 if chinese else 400 + number, times=20 + number
        )
        filler = ZH_FILLER if chinese else EN_FILLER
        with pdf.text_columns(ncols=2, gutter=8, text_align="J") as columns:
            for place in range(6):
                columns.write((said if place == 0 else filler[place % len(filler)]) + "\n\n")
        pdf.set_y(205)
        _table(pdf, number, chinese)
    return bytes(pdf.output())


EN_FILLER = (
    "Supply has risen with the deficit, and the market has had to find new holders for it. Mutual "
    "funds prefer futures because they free cash for corporate bonds, which pay more. " * 2,
    "The short side delivers whichever note is cheapest, and it chooses the day within the month. "
    "That choice has a price, small in quiet weeks and larger when yields move. " * 2,
    "A fund that meets a margin call sells what it can, and what it can sell is what others hold "
    "as well. The speed of such sales is what supervisors watch. " * 2,
)
ZH_FILLER = (
    "随着赤字扩大\uff0c国债供应持续增加\uff0c市场需要新的持有者。共同基金偏好期货\uff0c因为期货占用的现金更少。"
    * 3,
    "期货空头可以选择交割哪一只债券\uff0c也可以选择在交割月内的哪一天交割。这种选择权有其价格。"
    * 3,
    "收到追加保证金通知的基金会卖出手中可卖的资产\uff0c而其他机构往往持有同样的资产。" * 3,
)


def _table(pdf: FPDF, number: int, chinese: bool) -> None:
    head = ("期限", "回购规模\uff08亿美元\uff09", "折扣率\uff08%\uff09") if chinese else (
        "Tenor", "Repo volume ($bn)", "Haircut (%)")  # fmt: skip
    pdf.cell(
        text=f"表{number} 按期限划分的融资" if chinese else f"Table {number}. Funding by tenor"
    )
    pdf.ln(7)
    rows = [(t, str(100 + number + 10 * i), f"{i * 0.5:.1f}") for i, t in enumerate(TENORS[:4])]
    with pdf.table(width=150) as table:
        for cells in (head, *rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)


def table_pdf(
    rows: Iterable[Iterable[tuple[str, int]]], widths: tuple[int, ...], caption: str = ""
) -> bytes:
    """Return a PDF of one table; each cell is a text and how many columns it runs over."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", "B", size=9)
    pdf.cell(text=caption)
    pdf.ln(6)
    pdf.set_font("helvetica", size=8)
    layout = {"borders_layout": "NONE", "text_align": "CENTER", "col_widths": widths}
    with pdf.table(width=sum(widths), **layout) as table:
        for cells in rows:
            row = table.row()
            for text, columns in cells:
                row.cell(text, colspan=columns)
    return bytes(pdf.output())


def small_pdf(text: str, title: str = "") -> bytes:
    pdf = FPDF()
    pdf.set_title(title)
    pdf.add_page()
    pdf.set_font("helvetica", size=11)
    pdf.multi_cell(w=0, text=text)
    return bytes(pdf.output())


def encrypted_pdf() -> bytes:
    pdf = FPDF()
    pdf.set_encryption("owner", "user")
    pdf.add_page()
    pdf.set_font("helvetica", size=11)
    pdf.cell(text="Leverage was 56 times.")
    return bytes(pdf.output())


def scanned_pdf(pages: int = 3) -> bytes:
    from PIL import Image

    pdf = FPDF()
    for shade in range(pages):
        pdf.add_page()
        pdf.image(Image.new("L", (600, 800), 200 + shade), w=180)
    return bytes(pdf.output())


def partly_scanned_pdf() -> bytes:
    """Return a PDF of four pages: one of text, and three that only show a picture."""
    from PIL import Image

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    pdf.multi_cell(
        w=180, text="In December 2025 leverage of the basis trade reached 37 times. " * 3
    )
    for shade in range(3):
        pdf.add_page()
        pdf.image(Image.new("L", (600, 800), 200 + shade), w=180)
    return bytes(pdf.output())


def raw_pdf(content: bytes, pages: int = 1, filters: int = 0) -> bytes:
    """Return a PDF whose pages share one content stream, deflated `filters` times."""
    stream = content
    for _ in range(filters):
        stream = zlib.compress(stream, 9)
    named = f"/Filter [{' /FlateDecode' * filters}] " if filters else ""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (5 + i) for i in range(pages)), pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< %s/Length %d >>\nstream\n%s\nendstream" % (named.encode(), len(stream), stream),
    ]
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>"
    )
    objects += [page] * pages
    return _assembled(objects)


def _assembled(objects: Iterable[bytes]) -> bytes:
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(
        b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, start)
    )
    return out.getvalue()


def words(text: str, times: int = 1) -> bytes:
    """Return the operators that show a text on a page."""
    one = b"BT /F1 11 Tf 40 700 Td (%s) Tj ET\n" % text.encode("latin-1")
    return one * times


def docx(paragraphs: Iterable[str] = (), table: Iterable[tuple[str, ...]] = ()) -> bytes:
    import docx as library

    document = library.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows := list(table):
        grid = document.add_table(len(rows), len(rows[0]))
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                grid.cell(y, x).text = cell
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def merged_docx(rows: Iterable[Iterable[tuple[str, int]]], caption: str) -> bytes:
    """Return a Word file of one table; each cell is a text and how many columns it runs over."""
    import docx as library

    document = library.Document()
    document.add_paragraph("Positions in Treasury futures have grown over the year, says a desk.")
    document.add_paragraph(caption)
    cells = [list(row) for row in rows]
    grid = document.add_table(len(cells), len(cells[-1]))
    for y, row in enumerate(cells):
        x = 0
        for text, columns in row:
            grid.cell(y, x).merge(grid.cell(y, x + columns - 1)).text = text
            x += columns
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def replaced(package: bytes, name: str, content: bytes) -> bytes:
    """Return a zip with one of its parts exchanged."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return out.getvalue()


def swollen_docx() -> bytes:
    """Return a Word file of some hundred kilobytes that unpacks to hundreds of megabytes."""
    return replaced(docx(["x"]), "word/document.xml", b" " * (250 * 2**20))


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">%s]>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:body><w:p><w:r><w:t>&h;</w:t></w:r></w:p></w:body></w:document>""" % b"".join(
    b'<!ENTITY %c "%s">' % (new, b"&%c;" % old * 10)
    for old, new in zip(b"abcdefg", b"bcdefgh", strict=True)
)


def archive(names: Iterable[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name in names:
            new.writestr(name, "x")
    return out.getvalue()


def ole(*names: str) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return head + bytes(504) + b"".join(n.encode("utf-16-le") + bytes(64) for n in names)


def noise(size: int = 4000) -> bytes:
    return random.Random(7).randbytes(size)


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(100)
