import pytest

from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript.language.language_detection import language_of
from webapp.manuscript.language.text_language import (
    canonical_language,
    direction_of,
    minutes_of,
    reading_minutes,
    text_direction,
)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The report on the traffic of the river is not complete."),
        ("de", "Der Bericht über den Schiffsverkehr auf dem Fluss ist nicht vollständig."),
        ("fr", "Le rapport sur le transport fluvial est incomplet et ne dit pas tout."),
        ("es", "El informe sobre el transporte fluvial no está completo, pero es útil."),
        ("it", "Il rapporto sul trasporto fluviale non è completo, ma è utile."),
        ("pt", "O relatório sobre o transporte fluvial não está completo, mas é útil."),
        ("nl", "Het rapport over het vervoer op de rivier is niet volledig."),
        ("pl", "Raport o transporcie rzecznym nie jest kompletny, ale się przyda."),
        ("cs", "Zpráva o říční dopravě není úplná, ale je užitečná."),
        ("tr", "Bu rapor nehir taşımacılığı için hazırlanmış bir belgedir."),
        ("vi", "Báo cáo này nói về vận tải đường sông trong năm qua."),
        ("id", "Laporan ini tentang angkutan sungai dan tidak lengkap."),
        ("sv", "Rapporten om trafiken på floden är inte fullständig och det är synd."),
        ("ru", "Отчёт о перевозках по реке за год ещё не готов."),
        ("uk", "Звіт про роботу підприємства за рік і його результати."),
        ("bg", "Това е доклад за работата на предприятието през годината."),
        ("el", "Η έκθεση αυτή αφορά τις μεταφορές στον ποταμό και το λιμάνι."),
        ("ar", "نقلت السفن 41 مليون طن، أي أقل بنسبة 9% من العام السابق."),
        ("fa", "این گزارش دربارهٔ حمل و نقل رودخانه‌ای است و برای سال گذشته تهیه شد."),
        ("ur", "یہ رپورٹ دریا کے راستے سے سامان کی نقل و حمل کے بارے میں ہے۔"),
        ("he", "הדוח הזה עוסק בהובלת סחורות בנהר."),
        ("hi", "यह रिपोर्ट नदी परिवहन के बारे में है।"),
        ("th", "รายงานนี้เกี่ยวกับการขนส่งทางแม่น้ำ"),
        ("ka", "ეს ანგარიში მდინარის ტრანსპორტს ეხება."),
        ("ja", "この報告書は、川の輸送について書かれています。"),
        ("ko", "이 보고서는 강 운송에 관한 것입니다."),
        ("zh", "这份报告说明河运的情况，并对来年提出建议。"),
        ("zh-Hant", "這份報告說明河運的情況，並對來年提出建議。"),
        ("zh", "全年河运平稳"),
        ("zh", "见 https://example.com/a-very-long-address/with/many/latin/letters/in/it"),
        ("en", "Title"),
        ("ru", "Москва"),
        ("ar", "بغداد"),
    ],
)
def test_a_language_is_told_from_its_script_and_its_small_words(language, text):
    assert language_of(text) == language


def test_code_and_addresses_say_nothing_of_the_language():
    code = "```python\nfor the_item in the_list_of_items:\n    print(the_item)\n```\n" * 5
    source = f"# 注意力\n\n这里说明 `the_item` 的用法，见[这里](https://example.com/the/of/and)。\n\n{code}"
    assert check(source, SourceFormat.MARKDOWN).preview.language == "zh"


@pytest.mark.parametrize("fmt", list(SourceFormat))
def test_what_the_publisher_says_comes_first(fmt):
    checked = check("Title\n\nThe text of it is in English.", fmt, language="pt_br")
    assert (checked.preview.language, render_full(checked).language) == ("pt-BR", "pt-BR")


def test_paid_text_has_no_part_in_it():
    checked = check(f"报告\n\n河上有雾。##paidbegin##{'The river and the sea. ' * 90}##paidend##", SourceFormat.TEXT)
    assert (checked.preview.language, render_full(checked).language) == ("zh", "zh")


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("EN", "en"),
        ("pt_br", "pt-BR"),
        ("zh-CN", "zh"),
        ("zh-hans", "zh"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("zh-TW", "zh-TW"),
        ("de-CH-1996", "de-CH"),
        ("sr-Latn-RS", "sr-Latn-RS"),
        ("yue-hant-hk", "yue-Hant"),
        ("", None),
        ("Deutsch!", None),
    ],
)
def test_a_tag_is_written_as_it_usually_is(tag, canonical):
    assert canonical_language(tag) == canonical


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", "rtl"), ("he-IL", "rtl"), ("ur", "rtl"), ("az-Arab", "rtl"), ("en", "ltr"), ("ku-Latn", "ltr")],
)
def test_a_language_has_a_direction(language, direction):
    assert direction_of(language) == direction


@pytest.mark.parametrize(
    ("text", "otherwise", "direction"),
    [
        ("The wall", "rtl", "ltr"),
        ("41 مليون", "ltr", "rtl"),
        ("41", "rtl", "rtl"),
        ("", "ltr", "ltr"),
        ("الجدار Wall", "ltr", "rtl"),
    ],
)
def test_a_text_goes_the_way_of_its_first_letter(text, otherwise, direction):
    assert text_direction(text, otherwise) == direction


@pytest.mark.parametrize(
    ("text", "language", "minutes"),
    [
        ("word " * 2000, "en", 10),
        ("слово " * 2000, "ru", 10),
        ("字" * 4500, "zh", 10),
        ("字 " * 4500, "zh-Hant", 10),
        ("", "en", 1),
    ],
)
def test_a_text_is_read_by_its_words_or_by_its_characters(text, language, minutes):
    assert reading_minutes(text, 0, language) == minutes


def test_more_characters_take_more_minutes():
    assert reading_minutes("word " * 200, 12_000, "en") == 11
    assert minutes_of(12_000, "en") == 10
