"""Forty short texts of ours in many languages: a title and a sentence or two."""

SHORT = [
    ("zh", "三季度库存简报", "三季度库存总体平稳，主要变化集中在两个品类。其余品类没有变化。"),
    ("zh", "河岸步道的一年", "春天铺完最后一块木板，夏天就有人带着孩子来看鸭子。"),
    ("zh", "关于调整配送时间的说明", "自下月起，城东三个站点的配送时间改为早上七点。"),
    ("zh", "夜航船", "船在雾里走得很慢，灯火一盏一盏从两岸退去，谁也没有说话。"),
    ("zh", "第一章　归来", "他推开院门的时候，母亲正坐在枣树下剥豆子，像从来没有离开过。"),
    ("zh", "光伏支架成本观察", "铝价回落后，支架成本同比下降百分之六，但运输费用上升。"),
    ("zh", "读《边城》札记", "翠翠等的不是一个人，是一条河给她的答复。"),
    ("zh", "社区食堂运行报告", "开业半年，日均供餐四百二十份，七成顾客在六十岁以上。"),
    ("zh", "豆腐的三种做法", "北方人先煎后炖，南方人清蒸，我们家用酱油和葱花拌着吃。"),
    ("zh", "给新同事的一封信", "请把问题写下来再问，这样答案也会被写下来，以后的人都能看到。"),
    ("zh-Hant", "關於圖書館夜間開放的報告", "自去年九月起，本館每週三延長開放至晚間十點，讀者人數明顯增加。"),
    ("zh-Hant", "巷口的麵店", "老闆每天清晨四點起來揉麵，湯頭要熬八個小時，從來不肯偷懶。"),
    ("zh-Hant", "港口運輸統計", "今年第二季貨櫃吞吐量較去年同期減少，主要受到颱風影響。"),
    ("zh-Hant", "雨後", "雨停了，屋簷還在滴水，孩子們已經跑到街上去追逐彩虹。"),
    ("zh-Hant", "投資人會議紀要", "董事會認為現金流量足以支應明年的設備更新，不需要另外借款。"),
    ("ja", "川面の霧", "夜明け前の川面には、白い霧が静かに立ちこめていた。渡し船はまだ来ない。"),
    ("ja", "在庫報告書", "第三四半期の在庫は全体として安定しており、大きな変動は二品目に限られる。"),
    ("ja", "猫と縁側", "祖母の家の縁側では、いつも三毛猫が日なたぼっこをしていた。"),
    ("ja", "駅前のパン屋", "朝六時になると、焼きたてのパンの香りが商店街に広がる。"),
    ("ja", "お知らせ", "来月からサービスの料金を改定いたします。詳しくは次の表をご覧ください。"),
    ("ko", "강변의 안개", "새벽 강변에는 하얀 안개가 조용히 피어오르고 있었다. 사공은 말이 없었다."),
    ("ko", "삼분기 재고 보고서", "삼분기 재고는 전체적으로 안정적이며 주요 변화는 두 품목에 집중되었다."),
    ("ko", "골목길 빵집", "아침마다 갓 구운 빵 냄새가 골목 끝까지 퍼져 나간다."),
    ("ko", "구독 안내", "다음 달부터 구독 요금이 바뀝니다. 자세한 내용은 아래 표를 확인해 주세요."),
    ("ru", "Отчёт о запасах", "В третьем квартале запасы в целом оставались стабильными."),
    ("ru", "Туман над рекой", "Перед рассветом над рекой стоял белый туман. Паромщик молчал."),
    ("ru", "Письмо другу", "Здравствуй! Давно я не писал тебе, потому что всё лето строил дом у моря."),
    ("ru", "Новый тариф", "С первого октября стоимость подписки изменится, подробности — в таблице ниже."),
    (
        "de",
        "Jahresbericht zum Gewässerschutz",
        "Die Prüfung der Anlagen wurde durchgeführt. Übermäßige Kosten fielen an.",
    ),
    ("de", "Der Bäcker an der Brücke", "Früh um fünf öffnet er die Tür, und über die Straße zieht ein süßer Geruch."),
    ("de", "Lagerbestand", "Im dritten Quartal blieb der Bestand stabil; größere Änderungen gab es bei zweien."),
    ("fr", "L’été à la rivière", "Déjà à l’aube, la brume se lève sur l’eau. Le passeur n’a rien répondu."),
    (
        "fr",
        "Rapport sur les stocks",
        "Cet été, les réserves sont restées stables, malgré la légère baisse.",
    ),
    ("fr", "Cœur à l’ouvrage", "Le pâtissier a préparé cent gâteaux pour la fête du village, sans même goûter."),
    (
        "es",
        "La niebla del río",
        "Una niebla blanca cubría el río. ¿Dónde está el barquero?, preguntó el niño.",
    ),
    ("pt", "Relatório de estoque", "No terceiro trimestre, a situação não mudou: são estáveis os números da região."),
    (
        "sv",
        "Dimman över ån",
        "Före gryningen låg en vit dimma över vattnet, och färjkarlen sade ingenting.",
    ),
    ("it", "La città e il fiume", "Perché la nebbia è così bianca? Il barcaiolo non lo sa più, ma ogni giorno c’è."),
    ("en", "The ferry at dawn", "A white mist lay on the river — nobody spoke. “We wait,” said the ferryman."),
    ("en", "Inventory note", "Stocks were stable in the third quarter; two lines moved, the rest did not."),
]
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "gb18030", "gbk", "gb2312", "hz", "big5", "big5hkscs", "shift_jis", "cp932", "euc-jp", "iso2022_jp",
    "euc-kr", "cp949", "windows-1252", "iso-8859-1", "iso-8859-15", "mac-roman",
    "windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "cp866",
]  # fmt: skip


def short_texts() -> list[str]:
    """Return each text by itself, with a span in it, as somebody would write it."""
    return [f"{title}\n\n{body} ##paidbegin##{body}##paidend##\n" for _language, title, body in SHORT]


def long_texts() -> list[str]:
    """Return each text followed by all of its language, several times."""
    texts = []
    for language, title, body in SHORT:
        # Without dashes, which not every encoding has.
        others = [f"{head}\n\n{told}" for kind, head, told in SHORT if kind == language and "—" not in told]
        texts.append("\n\n".join([title, body, *others * 6]) + "\n")
    return texts
