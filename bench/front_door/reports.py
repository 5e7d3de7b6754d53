"""Reports as publishers write them, by lot: natural sentences about a year's work, 6 to 8 kB, one span for payers."""

import random
from collections.abc import Iterator

PLACES = ["云泽市", "临江县", "东河区", "白石镇", "北塘片区", "南岭新区", "青川河流域", "长湖沿岸"]
BODIES = [
    "粮食储备库",
    "社区医院",
    "公共自行车站",
    "农贸市场",
    "中小学食堂",
    "污水处理厂",
    "县级图书馆",
    "冷链仓",
]
THINGS = ["周转天数", "平均客流", "设备完好率", "单位能耗", "运营成本", "投诉件数", "日均处理量", "人均支出"]
REASONS = [
    "统计口径调整",
    "汛期推迟了近三周",
    "人员轮岗尚未到位",
    "新设备年中才投用",
    "上游供应不稳",
    "合同重新招标",
]
CHAPTERS = [
    "总体情况",
    "主要进展",
    "存在的问题",
    "原因分析",
    "分地区比较",
    "成本与收入",
    "下一步安排",
    "数据来源",
]
SECTIONS = ["运行保持平稳", "结构有所调整", "差距仍然明显", "衔接不够紧密", "投入见到成效", "数据基本可信"]
SENTENCES = [
    "{place}的{body}全年{thing}为{n}，比上年{moved}{p}%。",
    "据{body}填报的{n}份月报，{thing}在{m}月最高，此后逐月回落。",
    "这一变化的主要原因是{reason}，其次是{reason2}。",
    "受{reason}影响，{m}月的{thing}低于全年平均{p}个百分点。",
    "我们走访了{place}的{k}处{body}，其中{j}处能够提供完整台账。",
    "与{place2}相比，{place}的{thing}高出{p}%，但波动更大。",
    "值得注意的是，{body}之间的差别大于地区之间的差别。",
    "如果剔除{reason}的影响，{thing}的增幅约为{p}%。",
    "访谈中，{k}位负责人提到，{thing}并不能反映夜间的实际情况。",
    "从收入看，财政补助占{p}%，经营收入占{q}%，其余来自往年结余。",
    "按照现行办法，{body}每{k}天盘点一次，盘点结果由{place}统一汇总。",
    "预计明年{m}月前完成{n}台设备的更换，{thing}有望再{moved}{j}%。",
    "单就{body}而言，每增加{n}元投入，{thing}大约改善{j}个百分点。",
    "{place}已经把{thing}列入年度考核，{place2}还在征求意见。",
    "上述数字尚未计入{m}月之后补报的{j}份材料。",
    "总体上看，{body}的{thing}已经接近设计能力，继续挖潜的余地不大。",
]
BYTES = (6_000, 8_000)
_NUMERALS = "一二三四五六七八九十"


def written_reports(count: int, chance: random.Random) -> Iterator[str]:
    """Yield so many reports."""
    for number in range(count):
        yield _report(number, chance)


def _report(number: int, chance: random.Random) -> str:
    title = f"{chance.choice(PLACES)}{chance.choice(BODIES)}{2015 + number % 11}年度运行报告"
    size, lines, begun = chance.randint(*BYTES), [title, _paragraph(chance)], False
    length = len("".join(lines).encode())
    for place in range(len(_NUMERALS)):
        lines.append(f"{_NUMERALS[place]}、{CHAPTERS[place % len(CHAPTERS)]}")
        for part in range(3):
            if length > size * 0.45 and not begun:
                lines.append(f"（{_NUMERALS[part]}）{_opening_the_span(chance)}")
                begun = True
            else:
                lines.append(f"（{_NUMERALS[part]}）{chance.choice(SECTIONS)}。{_paragraph(chance)}")
            length += len(lines[-1].encode())
        if length > size:
            break
    return "\n".join([*lines[:-1], "##paidend##", lines[-1]]) + "\n"


def _opening_the_span(chance: random.Random) -> str:
    """Return a paragraph in the middle of which begins what is for payers."""
    first = _paragraph(chance)
    return f"{chance.choice(SECTIONS)}。{first[:40]}##paidbegin##{first[40:]}"


def _paragraph(chance: random.Random) -> str:
    return "".join(_sentence(chance) for _ in range(chance.randint(3, 6)))


def _sentence(chance: random.Random) -> str:
    place, place2 = chance.sample(PLACES, 2)
    reason, reason2 = chance.sample(REASONS, 2)
    return chance.choice(SENTENCES).format(
        place=place,
        place2=place2,
        reason=reason,
        reason2=reason2,
        body=chance.choice(BODIES),
        thing=chance.choice(THINGS),
        moved=chance.choice(["提高", "下降", "增长"]),
        n=chance.randint(12, 980),
        m=chance.randint(2, 11),
        k=chance.randint(11, 60),
        j=chance.randint(2, 10),
        p=round(chance.uniform(1, 48), 1),
        q=chance.randint(5, 45),
    )
