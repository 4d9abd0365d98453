"""Thirty-odd files that are no report, each with the code of the one message it gets."""

from __future__ import annotations

from collections.abc import Callable

from tests.knowledge.parsing import files

MB = 2**20

Bad = tuple[str, Callable[[], bytes], str]

BAD: dict[str, Bad] = {
    "nothing at all": ("report.pdf", lambda: b"", "report_empty"),
    "blank text": ("notes.txt", lambda: b" \r\n\t \n" * 50, "report_no_text"),
    "larger than Telegram gives": ("big.pdf", lambda: b"%PDF-" + bytes(20 * MB), "report_too_big"),
    "a program called .pdf": ("report.pdf", lambda: b"MZ\x90\0" + bytes(500), "report_program"),
    "a Unix program": ("report", lambda: b"\x7fELF\x02\x01" + bytes(500), "report_program"),
    "a picture called .pdf": ("scan.pdf", files.png, "report_picture"),
    "a JPEG": ("photo.jpg", lambda: b"\xff\xd8\xff\xe0" + files.noise(), "report_picture"),
    "a film": ("clip.mp4", lambda: b"\0\0\0\x20ftypisom" + files.noise(), "report_media"),
    "a sound": ("talk.mp3", lambda: b"ID3\x04" + files.noise(), "report_media"),
    "an archive": ("all.zip", lambda: files.archive(["a.txt", "b.pdf"]), "report_archive"),
    "a gzip": ("report.txt.gz", lambda: b"\x1f\x8b\x08" + files.noise(), "report_archive"),
    "a tar": ("all.tar", lambda: bytes(257) + b"ustar\0" + bytes(250), "report_archive"),
    "a spreadsheet": ("data.xlsx", lambda: files.archive(["xl/workbook.xml"]),
                      "report_other_office"),
    "slides": ("deck.pptx", lambda: files.archive(["ppt/presentation.xml"]), "report_other_office"),
    "an old Word file": ("old.doc", lambda: files.ole("WordDocument"), "report_old_office"),
    "an encrypted Word file": ("safe.docx", lambda: files.ole("EncryptedPackage"),
                               "report_encrypted"),
    "rich text": ("note.rtf", lambda: b"{\\rtf1\\ansi Leverage was 56 times.}", "report_rich_text"),
    "an encrypted PDF": ("safe.pdf", files.encrypted_pdf, "report_encrypted"),
    "a scan": ("scan.pdf", files.scanned_pdf, "report_scanned"),
    "a PDF cut off": ("half.pdf", lambda: files.small_pdf("Leverage " * 50)[:300],
                      "report_damaged"),
    "a PDF of nothing but a head": ("head.pdf", lambda: b"%PDF-1.7" + bytes(100),
                                    "report_damaged"),
    "a PDF of empty pages": ("blank.pdf", lambda: files.raw_pdf(b"", pages=5), "report_no_text"),
    "a PDF of too many pages": ("long.pdf",
                                lambda: files.raw_pdf(files.words("Leverage 56x", 300), 20_000),
                                "report_too_many_pages"),
    "a PDF of one endless page, a thousand times": (
        "heavy.pdf", lambda: files.raw_pdf(files.words("Leverage", 40_000), 1_000, filters=1),
        "report_too_heavy"),
    "nested compression": ("nested.pdf", lambda: files.raw_pdf(b" " * (200 * MB), filters=4),
                           "report_no_text"),
    "a Word file that swells": ("swell.docx", files.swollen_docx, "report_too_heavy"),
    "a Word file of nested entities": (
        "laughs.docx",
        lambda: files.replaced(files.docx(["x"]), "word/document.xml", files.LAUGHS),
        "report_damaged"),
    "a Word file without its text": ("torn.docx", lambda: files.archive(["[Content_Types].xml"]),
                                     "report_damaged"),
    "a Word file that is cut off": ("cut.docx", lambda: files.docx(["Leverage " * 20])[:900],
                                    "report_damaged"),
    "a Word file without words": ("empty.docx", files.docx, "report_no_text"),
    "a page of scripts": ("page.html",
                          lambda: b"<html><head><script>f()</script></head><body><script>"
                                  b"document.write('x')</script></body></html>", "report_no_text"),
    "noise called .txt": ("data.txt", files.noise, "report_binary"),
    "a database": ("data.txt", lambda: b"SQLite format 3\0" + files.noise(), "report_binary"),
    "numbers only": ("rows.txt", lambda: b"1 2 3 4 5 6 7 8 9\n" * 40, "report_unreadable"),
    "private letters": ("glyphs.txt", ("\ue001\ue002\ue003 x" * 60).encode,
                        "report_unreadable"),
    "another language": ("otchet.txt", ("Отчёт о базисной торговле и плече фондов. " * 9).encode,
                         "report_language"),
    "more text than a report has": ("long.txt", lambda: b"Leverage was 56 times. " * 200_000,
                                    "report_too_long"),
}  # fmt: skip
