"""Contract of a list of people (名单): whatever of a person somebody wrote into a CSV.

Such lists are hearsay: written by many hands, in any country, with every kind of mistake. So birthdays and numbers stay
as written for linkage to compare, and only what a list cannot do without is required.

Flow: landing/records/*.csv → raw_records → stg_records__* → profiles.
Read it alone: `guanxi run --channel records`.
"""

from ingestion.contract import Channel, Column, Table

FIELDS = {
    "record_id": Column("text", ["id", "unique_id", "rec_id", "person_id", "编号"]),
    "source": Column("text", ["source_dataset", "来源"]),
    "given_name": Column("given_name", ["first_name", "forename", "firstname", "名"]),
    "family_name": Column("family_name", ["last_name", "surname", "lastname", "姓"]),
    "name": Column("name", ["full_name", "fullname", "first_and_surname", "姓名"]),
    "phone": Column("any_phone", ["mobile", "telephone", "phone_number", "cell", "tel", "手机", "手机号", "电话"]),
    "email": Column("email", ["e_mail", "e-mail", "email_address", "mail", "邮箱", "电子邮箱"]),
    "id_number": Column(
        "id_number", ["national_id", "soc_sec_id", "ssn", "id_card", "passport", "身份证", "身份证号", "证件号"]
    ),
    "birthday": Column("text", ["dob", "date_of_birth", "birth_date", "birthdate", "生日", "出生日期"]),
    "address": Column("address", ["address_1", "address1", "street", "street_address", "地址"]),
    "address_line_2": Column("address", ["address_2", "address2"]),
    "house_number": Column("text", ["street_number", "门牌号"]),
    "city": Column("text", ["suburb", "town", "城市"]),
    "postcode": Column("text", ["zip", "zipcode", "zip_code", "postal_code", "邮编"]),
    "province": Column("text", ["state", "county", "region", "省份"]),
    "birthplace": Column("text", ["birth_place", "place_of_birth", "出生地"]),
    "company": Column("text", ["employer", "organisation", "organization", "公司"]),
    "job_title": Column("text", ["occupation", "job", "profession", "职位", "职业"]),
    "gender": Column("text", ["sex", "性别"]),
}

CHANNEL = Channel(
    name="records",
    title_zh="名单",
    title_en="Lists of people",
    description="CSV lists of people from anywhere, dropped into landing/records.",
    freshness_hours=24 * 366,
    tables=[
        Table(
            name="people",
            description="Person records as somebody wrote them down.",
            pattern="*.csv",
            key=["record_id"],
            columns=FIELDS,
            nulls=("", "NULL", "null", "None", "NaN", "nan", "N/A", "n/a", "\\N"),
        ),
    ],
)
