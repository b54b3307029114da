"""Text in the encodings that channels deliver: told, declared or refused, and one broken byte costs one row."""

import pytest

from ingestion.contract.table import Column, Table
from ingestion.readers.parsed_file import Unreadable
from stores.errors import UserError

HEADER = "a,b,c,d\n"
SURVEY = "问卷编号,手机,意见,填写时间\n"
SURVEYS = Table(
    "responses",
    {
        "response_id": Column("text", "问卷编号"),
        "phone": Column("phone", "手机"),
        "comment": Column("free_text", "意见"),
        "answered_at": Column("timestamp", "填写时间"),
    },
    key=["response_id"],
    pattern="survey*.csv",
)


def declared(encoding):
    return Table("items", dict.fromkeys("abcd", "text"), pattern="*.csv", encoding=encoding)


def survey(number, comment="很好"):
    return f"E7-{number},137111800{number:02},{comment},2026-03-01 10:00:00\n".encode("gbk")


def test_the_euro_sign_of_windows_gbk_is_read(desk):
    trade = desk(SURVEYS)
    rows = [survey(number) for number in range(1, 21)]
    rows[6] = rows[6].replace("很好".encode("gbk"), "价格".encode("gbk") + b"\x8099")
    trade.drop("survey_1.csv", SURVEY.encode("gbk") + b"".join(rows))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"responses": 20}, 0)
    assert ("E7-7", "价格€99") in trade.rows("responses", "response_id, comment")


def test_a_character_that_is_cut_in_half_costs_its_row_and_names_its_line(desk):
    trade = desk(SURVEYS)
    rows = [survey(number) for number in range(1, 21)]
    rows[10] = rows[10].replace("很好".encode("gbk"), "很好".encode("gbk")[:-1])
    trade.drop("survey_1.csv", SURVEY.encode("gbk") + b"".join(rows))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"responses": 19}, 1)
    assert trade.reasons() == [(12, "bytes that are no characters of the file's encoding")]
    assert trade.replay().loaded == {"responses": 0}


@pytest.mark.parametrize("quoted", [False, True])
def test_a_broken_byte_in_utf_8_costs_its_row(reading, quoted):
    rows = [f'{n},"很好",张三,x\n' if quoted else f"{n},很好,张三,x\n" for n in range(50)]
    content = (HEADER + "".join(rows)).encode()
    at = content.index(b"25,") + 6
    loaded, kept = reading(content[:at] + content[at + 1 :])
    assert len(loaded) == 49
    assert kept == [(27, "bytes that are no characters of the file's encoding")]


@pytest.mark.parametrize("odd", [b"\xff", b"Jos\xe9", b"\x81"])
def test_an_odd_byte_in_a_file_of_plain_letters_costs_its_row(reading, odd):
    rows = [b"%d,x,y,z\n" % number for number in range(100)]
    rows[50] = b"50," + odd + b",y,z\n"
    loaded, kept = reading(HEADER.encode() + b"".join(rows))
    assert len(loaded) == 99
    assert kept == [(52, "bytes that are no characters of the file's encoding")]


def test_a_broken_byte_within_lines_of_a_quoted_field_costs_one_row(reading):
    content = (HEADER + "1,很好,张三,x\n" * 20).encode() + b'2,"\xe5\xbe\n\xff",x,y\n' + "3,很好,张三,x\n".encode()
    loaded, kept = reading(content)
    assert len(loaded) == 21
    assert [line for line, _ in kept] == [22]


def test_a_header_that_cannot_be_read_is_refused_where_a_column_is_missing(desk):
    names = {"order_no": Column("text", "Folio"), "customer_no": Column("text", "Nº cliente"), "total": Column("text")}
    shop = desk(Table("sales", names, key=["order_no"], pattern="*.csv"))
    rows = "".join(f"V{number};Z1;10\n" for number in range(200))
    shop.drop("sales.csv", f"Folio;Nº cliente;total\n{rows}".encode("cp1252"))
    assert shop.ingest().loaded == {"sales": 0}
    (reason,) = {reason for _, reason in shop.reasons()}
    assert reason.startswith("bytes that are no characters in the header: N\ufffd cliente. Save the file as UTF-8")


def test_a_column_that_nothing_feeds_beside_one_that_is_not_read_is_named(desk, caplog):
    names = {"order_no": Column("text", "Folio"), "customer_no": Column("text", "Nº cliente"), "total": Column("text")}
    shop = desk(Table("sales", names, key=["order_no"], pattern="*.csv"))
    shop.drop("whole.csv", "Folio;Nº cliente;total;Notas\nV1;Z1;10;x\n")
    shop.drop("short.csv", "Folio;total\nV2;10\n")
    assert shop.ingest().loaded == {"sales": 2}
    assert caplog.messages == []
    shop.drop("other.csv", "Folio;No. de cliente;total\nV3;Z1;10\n")
    assert shop.ingest().loaded == {"sales": 1}
    (warning,) = caplog.messages
    assert "other.csv: nothing in it feeds customer_no; not read is: No. de cliente." in warning


BIG5 = HEADER + "1,台北見面會,陳怡君,0912345671\n2,台北見面會,張雅婷,+886912345672\n"


@pytest.mark.parametrize("encoding", ["", "big5"])
def test_big5_is_told_by_its_plausibility_or_declared(reading, encoding):
    loaded, kept = reading(BIG5.encode("big5"), table=declared(encoding))
    assert [row[2:4] for row in loaded] == [("台北見面會", "陳怡君"), ("台北見面會", "張雅婷")]
    assert kept == []


WESTERN = HEADER + "1,Expo,Jürgen Müller,x\n2,Expo,Peña Lopez,y\n"
OTHERS = {
    "cp1252": WESTERN,
    "iso-8859-1": WESTERN,
    "cp1251": HEADER + "1,Иванов,Иван,Москва\n2,Петров,Пётр,Казань\n",
    "cp1253": HEADER + "1,Παπαδόπουλος,Γιώργος,Αθήνα\n",
    "shift_jis": HEADER + "1,たなか,さくら,東京都\n2,鈴木,スズキ,大阪\n",
    "euc_kr": HEADER + "1,김철수,서울특별시,강남구\n2,홍길동,부산,대구\n3,이영희,인천,광주\n",
    "cp1256": HEADER + "1,محمد,علي,القاهرة\n",
}


@pytest.mark.parametrize("encoding", OTHERS)
def test_an_encoding_that_cannot_be_told_is_refused_with_what_to_do_and_read_when_declared(reading, encoding):
    content = OTHERS[encoding].encode(encoding)
    with pytest.raises(Unreadable, match=r"Save the file as UTF-8, or say in the contract"):
        reading(content)
    loaded, kept = reading(content, table=declared(encoding))
    assert [",".join(row[1:]) for row in loaded] == OTHERS[encoding].splitlines()[1:]
    assert kept == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-16"])
def test_wide_characters_are_recognised_with_and_without_a_mark(reading, encoding):
    loaded, _ = reading((HEADER + "1,张三,您好,x\n2,一,丁,y\n").encode(encoding))
    assert [row[1:4] for row in loaded] == [("1", "张三", "您好"), ("2", "一", "丁")]


@pytest.mark.parametrize("names", ["张三,李四,王五,x", "欧阳娜娜,司马光,好,男", "是,否,有,无"])
def test_gbk_is_recognised_from_a_few_names(reading, names):
    assert [",".join(row[1:]) for row in reading((HEADER + names + "\n").encode("gbk"))[0]] == [names]


def test_a_declared_encoding_must_be_one():
    with pytest.raises(UserError, match="encoding 'klingon' is unknown"):
        declared("klingon")
    with pytest.raises(UserError, match="encoding 'base64' is unknown"):
        declared("base64")
