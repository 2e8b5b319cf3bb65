"""Documents that show the table without being it: PDF, letters, mails, web pages, photos."""

from __future__ import annotations

import email.policy
import io
import zipfile
from email.message import EmailMessage
from html import escape

from xlwt import CompoundDoc

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, saved_anew
from tests.golden.wrong.grids import Grid, as_book, as_csv, n1a

GOOD = n1a()
CSV, BOOK = as_csv(GOOD), as_book(GOOD, sheet="N1A")
NO = Verdict.REJECTED
FILE = frozenset({"G-05"})
XLSX = "N1A_2005T1.xlsx"
MADE_ON = (2005, 4, 18, 9, 0, 0)


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, MADE_ON), content)
    return buffer.getvalue()


def _pdf(network: Directory) -> bytes:
    shown = b"\n".join(
        b"(%s) Tj T*" % ";".join(map(str, row)).encode("cp1252", "replace").replace(b"(", b"[").replace(b")", b"]")
        for row in GOOD(network)
    )
    page = b"BT /F1 9 Tf 12 TL 40 780 Td\n" + shown + b"\nET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    )
    body = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(body),
    )


def _docx(network: Directory) -> bytes:
    """A letter with the table in it, as Word saves it."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    space = "http://schemas.openxmlformats.org"
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row) + "</w:tr>"
        for row in GOOD(network)
    )
    return _packed(
        {
            "[Content_Types].xml": (
                f'<?xml version="1.0"?><Types xmlns="{space}/package/2006/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
            ).encode(),
            "_rels/.rels": (
                f'<?xml version="1.0"?><Relationships xmlns="{space}/package/2006/relationships">'
                f'<Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/officeDocument" '
                'Target="word/document.xml"/></Relationships>'
            ).encode(),
            "word/document.xml": (
                f'<?xml version="1.0"?><w:document xmlns:w="{space}/wordprocessingml/2006/main">'
                f"<w:body><w:tbl>{rows}</w:tbl></w:body></w:document>"
            ).encode(),
        }
    )


def _mail(network: Directory) -> bytes:
    """The answer to our reminder, saved from the mail program, the workbook attached."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Sylvie Moreau <s.moreau@pf03.example>"
    message["To"] = "guichet@uesl.example"
    message["Subject"] = "RE: Rappel : il reste 12 jours pour déposer N1A"
    message["Date"] = "Mon, 18 Apr 2005 09:42:11 +0200"
    message.set_content("Bonjour,\n\nvoici les chiffres du trimestre en pièce jointe.\n\nCordialement,\nS. Moreau\n")
    message.add_attachment(CSV(network), maintype="text", subtype="csv", filename="N1A_2005T1.csv")
    message.set_boundary("=_guichet_0001")
    return message.as_bytes()


def _pasted_in_a_mail(network: Directory) -> bytes:
    """The table copied into the body of a mail, saved as a text."""
    lines = ["De : Sylvie Moreau", "Envoyé : lundi 18 avril 2005 09:42", "Objet : RE: N1A", "", "Bonjour,", ""]
    lines += ["voici nos chiffres : Beauce 4, Orléanais 9, Gâtinais 9, le reste suivra.", "", "Cordialement"]
    del network
    return "\r\n".join(lines).encode("cp1252")


def _html(grid: Grid) -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in grid)
    head = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head>'
    return f"{head}<body><table border=1>\n{rows}</table></body></html>\n".encode()


def _xml_2003(grid: Grid) -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(str(cell))}</Data></Cell>' for cell in row) + "</Row>"
        for row in grid
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="{space}" '
        f'xmlns:ss="{space}"><Worksheet ss:Name="N1A"><Table>{rows}</Table></Worksheet></Workbook>\n'
    ).encode()


def _outlook(network: Directory) -> bytes:
    """A message saved by Outlook: the same container as old Excel, with the parts of a mail in it."""
    del network
    buffer = io.BytesIO()
    CompoundDoc.XlsDoc().save(buffer, b"RE: Rappel N1A".ljust(8192, b"\0"))
    name, other = "Workbook".encode("utf-16-le"), "__substg1.0_0037001F".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + bytes((len(name) + 2, 0))
    return buffer.getvalue().replace(entry, other.ljust(64, b"\0") + bytes((len(other) + 2, 0)))


CASES = (
    Case(
        name="pdf",
        story="Mme Moreau a imprimé le tableau en PDF et déposé le PDF.",
        file="N1A_2005T1.pdf",
        build=_pdf,
        verdict=NO,
        codes=FILE,
        says=("PDF", "le CSV à partir duquel"),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
    Case(
        name="pdf-named-like-a-workbook",
        story="M. Simon a renommé le PDF en .xlsx pour qu’il passe.",
        file=XLSX,
        build=_pdf,
        verdict=NO,
        codes=FILE,
        says=("PDF",),
        mend=saved_anew(BOOK),
    ),
    Case(
        name="letter-with-the-table",
        story="Mme Lefebvre a mis le tableau dans une lettre Word.",
        file="N1A_2005T1.docx",
        build=_docx,
        verdict=NO,
        codes=FILE,
        says=("Word", "Copiez le tableau dans un classeur"),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
    Case(
        name="mail-with-the-file-attached",
        story="Mme Moreau a enregistré sa réponse par courriel (.eml), la pièce jointe dedans.",
        file="RE Rappel N1A_2005T1.eml",
        build=_mail,
        verdict=NO,
        codes=FILE,
        says=("courriel", "pièce jointe"),
        mend=saved_anew(CSV),
        mended_name="N1A_2005T1.csv",
    ),
    Case(
        name="mail-of-outlook",
        story="M. Fournier a glissé le message d’Outlook lui-même (.msg) dans WinSCP.",
        file="RE Rappel N1A_2005T1.msg",
        build=_outlook,
        verdict=NO,
        codes=FILE,
        says=("courriel", "pièce jointe"),
        mend=saved_anew(CSV),
        mended_name="N1A_2005T1.csv",
    ),
    Case(
        name="mail-saved-as-a-text",
        story="M. Fournier a enregistré en texte un courriel qui raconte les chiffres.",
        file="N1A_2005T1.txt",
        build=_pasted_in_a_mail,
        verdict=NO,
        codes=frozenset({"G-06"}),
        says=("titres",),
        mend=saved_anew(CSV),
    ),
    Case(
        name="web-page-named-xls",
        story="Le logiciel de M. Bonnet « exporte vers Excel » une page web nommée .xls.",
        file="N1A_2005T1.xls",
        build=lambda network: _html(GOOD(network)),
        verdict=NO,
        codes=FILE,
        says=("page web", "Enregistrer sous"),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
    Case(
        name="xml-of-excel-2003",
        story="Mme Francois a choisi « Feuille de calcul XML 2003 » dans la liste des formats.",
        file="N1A_2005T1.xml",
        build=lambda network: _xml_2003(GOOD(network)),
        verdict=NO,
        codes=FILE,
        says=("Enregistrer sous",),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
    Case(
        name="photo-of-the-screen",
        story="M. Martinez a photographié son écran.",
        file="N1A_2005T1.jpg",
        build=lambda _network: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 8 + b"\xff\xd9",
        verdict=NO,
        codes=FILE,
        says=("image", "XLSX, XLS, ODS ou CSV"),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
)
