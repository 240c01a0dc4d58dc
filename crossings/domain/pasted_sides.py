"""By which words a text says who acted, which way, and on which side: patterns for each country."""

from __future__ import annotations

import re

from crossings.domain.pasted_words import COUNTRIES, flat_pattern, words

NOUNS = {
    "AF": "afghanistan|افغانستان", "PK": "pakistan|پاکستان", "IR": "iran|ایران",
    "UZ": "uzbekistan|ازبکستان|اوزبېکستان|ازبیکستان",
    "TJ": "tajikistan|تاجکستان|تاجیکستان", "TM": "turkmenistan|ترکمنستان", "CN": "china|چین",
    "IN": "india|هند|بھارت|انڈیا",
}  # fmt: skip
DID = (
    r"(?:re-?)?opened|closed|shut|sealed|blocked|(?:re-?)?opens|closes|suspended|halted|has"
    r" (?:re-?)?opened|has closed|has shut"
)
BETWEEN = (
    r"(?:(?:has|have|was|is|are|remains?|been|still|also|again|today|yesterday|now|completely|fully"
    r"|temporarily|unilaterally|announced) ){0,4}"
)
OFFICE = (
    r"(?: (?:side|authorities|officials?|forces|government|army|border (?:guards|force|police)|customs"
    r"|troops|gate))?"
)
NOT_AFTER = "".join(
    f"(?<!{word} )" for word in ("to", "from", "into", "with", "toward", "towards", "and", "in", "of", "between")
)


def _acted(named: str) -> re.Pattern[str]:
    return re.compile("|".join(flat_pattern(each) for each in (
        rf"{NOT_AFTER}(?<!\w)(?:{named}){OFFICE} {BETWEEN}(?:{DID})(?!\w)",
        rf"(?<!\w)(?:{named}) (?:side|gate) {BETWEEN}(?:open|closed|shut)(?!\w)",
        rf"(?<!\w)(?:closed|shut|opened|reopened|re-opened|sealed|blocked|suspended)(?: \w+){{0,4}}? by"
        rf" (?:the )?(?:{named})(?!\w)",
        rf"(?<!\w)(?:from|on|by) the (?:{named}) side(?!\w)",
        rf"(?<!\w)د (?:{named}) (?:له خوا|له لوري|له لورې|لخوا|له طرفه|لوري|خوا|اړخ|غاړه|غاړې|حکومت|پوځ"
        rf"|پوځیانو|ځواکونو|چارواکو)(?!\w)",
        rf"(?<!\w)(?<!د )(?:{named}) (?:\w+ ){{0,4}}(?:بند کړ|بند کړی|بند کړل|بنده کړه|بنده کړې|وتړله"
        rf"|وتړلو|وتاړه|تړلی|خلاص کړ|خلاصه کړه|خلاصه کړې|پرانیستله|پرانیست)(?!\w)",
        rf"(?<!\w)(?:از سوی|از طرف|توسط|از جانب|سمت|جانب|در سمت) (?:\w+ ){{0,2}}?(?:{named})(?!\w)",
        rf"(?<!\w)(?:{named}) (?:\w+ ){{0,5}}را (?:\w+ ){{0,3}}?(?:بست|بستند|بسته|مسدود|باز|گشود|گشودند"
        rf"|بازگشایی)(?!\w)",
        rf"(?<!\w)(?:{named})(?: \w+)? نے(?!\w)",
        rf"(?<!\w)(?:{named}) (?:کی جانب سے|کی طرف سے|سائیڈ|سائڈ|حکام)(?!\w)",
    )))  # fmt: skip


ACTED = {code: _acted(named) for code, named in COUNTRIES.items()}

LOAD = r"(?:trucks?|goods|people|traffic|pedestrians|passengers|exports?|vehicles?|cargo|travell?ers|movement|coming)"
TO = {
    code: re.compile("|".join(flat_pattern(each) for each in (
        rf"(?<!\w)(?:towards?|into|going to|entering|bound for|head(?:ing|ed) (?:to|for)|entry to|travel"
        rf" to|cross(?:ing)? to|{LOAD} to) (?:{named})(?!\w)",
        rf"(?<!\w)(?:{named}) (?:ته|په لور|خوا ته|لوري ته)(?!\w)",
        rf"(?<!\w)(?:به سوی|به طرف|به سمت|وارد) (?:{named})(?!\w)", rf"از \w+ به (?:{named})(?!\w)",
        rf"(?<!\w)(?:{named}) (?:کی طرف|جانے|میں داخل|میں داخلے)(?!\w)",
    )))
    for code, named in NOUNS.items()
}  # fmt: skip
FROM = {
    code: re.compile("|".join(flat_pattern(each) for each in (
        rf"(?<!\w){LOAD} from (?:{named})(?!\w)", rf"(?<!\w)له (?:{named}) (?:څخه|نه)(?!\w)",
        rf"(?<!\w)از (?:{named}) به(?!\w)", rf"(?<!\w)(?:{named}) سے (?:آنے|جانے)(?!\w)",
    )))
    for code, named in NOUNS.items()
}  # fmt: skip
ON_SIDE = {
    code: re.compile("|".join(flat_pattern(each) for each in (
        rf"(?<!\w)(?:on|at) (?:the )?(?:{named}) side(?!\w)", rf"(?<!\w)(?:{named}) side(?!\w)",
        rf"(?<!\w)in (?:{named})(?!\w)",
        rf"(?<!\w)(?:په|د) (?:{named}) (?:کې|خوا|لوري|اړخ|غاړه)(?!\w)",
        rf"(?<!\w)(?:در|سمت|جانب|طرف|در سمت|در خاک) (?:{named})(?!\w)",
        rf"(?<!\w)(?:{named}) (?:میں|سائیڈ|سائڈ|کی طرف|کی جانب)(?!\w)",
    )))
    for code, named in COUNTRIES.items()
}  # fmt: skip
NATIONALS = {
    code: words(
        rf"(?:{named}) (?:citizens?|nationals?|passport holders?|وګړ\w*|تابعیت لرونک\w*|شہری|شہریوں)",
        rf"(?:citizens?|nationals?) of (?:{named})", rf"د (?:{named}) (?:وګړ\w*|اتباع\w*)",
        rf"(?:اتباع|شهروندان|شهروند) (?:{named})",
    )
    for code, named in COUNTRIES.items()
}  # fmt: skip
