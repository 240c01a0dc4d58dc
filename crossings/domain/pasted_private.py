"""Takes out of a forwarded message what must not be kept: telephone numbers, names, plates, addresses.

Each is replaced by a mark such as [name]. When a message was sent stays: "[22/02, 14:05] [name]: …". What may be a name
and may be something else stays too, and is named in `unsure`, for a person to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from crossings.domain.fields import clean, phone_numbers
from crossings.domain.pasted_speakers import all_of, without_speakers

LONGEST = 20_000
MARKS = ("name", "number", "plate", "address", "handle", "link")
MOST_UNSURE = 12


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`taken_out` counts what was replaced, by kind; `unsure` are words that may be names."""

    text: str
    taken_out: dict[str, int] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()


def marked(text: str) -> dict[str, int]:
    """How many of each mark stand in the text."""
    found = Counter(re.findall(r"\[(\w+)\]", text))
    return {kind: found[kind] for kind in MARKS if found[kind]}


DAY = r"\d{1,4}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?"
CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[APap]\.?[Mm]\.?)?"
BRACKETS = re.compile(rf"^\[({DAY}),?\s+({CLOCK})\]\s*(?:[^:\n]{{1,80}}:)?", re.MULTILINE)
TURNED = re.compile(rf"^\[({CLOCK}),?\s+({DAY})\]\s*(?:[^:\n]{{1,80}}:)?", re.MULTILINE)
DASHED = re.compile(rf"^({DAY}),?\s+({CLOCK})\s+[-–]\s+(?:[^:\n]{{1,80}}:)", re.MULTILINE)
FORWARDED = re.compile(
    r"^([^\w\n]{0,5}(?:forwarded (?:message )?from|fwd from|فوروارد شده از|باز ارسال از|فارورڈ از)(?:["
    r" \t]*:)?)(?!:?[ \t]*\[name\])[ \t]*\S[^\n]*",
    re.MULTILINE | re.IGNORECASE,
)
LETTER = re.compile(r"^((?:from|to|cc|bcc|sender)\s*:)[ \t]*(?!\[)\S[^\n]*", re.MULTILINE | re.IGNORECASE)
TILDE = re.compile(r"^([^\w\n~]{0,5})~[ \t]?(?!\[)[^\n:]{1,60}(:?)", re.MULTILINE)
EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+")
CHAT_LINK = re.compile(
    r"(?<![\w.@\-])(?:https?://)?(?:(?:www|m|web|mobile|api|chat|[a-z]{2}-[a-z]{2})\.)?(?:wa\.me|whatsapp\.com|t\.me"
    r"|telegram\.me|m\.me|facebook\.com|fb\.(?:com|me)|twitter\.com|x\.com|instagram\.com|tiktok\.com|linkedin\.com)"
    r"[/?][^\s<>]*|(?<!\w)(?:tel:\+?[\d\-]+|skype:[^\s<>]+)",
    re.IGNORECASE,
)
HANDLE = re.compile(r"(?<![\w/.])@[\w.]{2,40}(?<!\.)")
# After such a word fewer digits are a telephone number, too.
NUMBER_NAMED = re.compile(
    r"((?:\b(?:call|phone|tel|mobile|cell|whatsapp|contact|ring)\b|تلیفون|تلفن|ټیلیفون|ټلیفون|موبایل"
    r"|موبائل|فون|رابطہ|تماس|واټساپ)"
    r"(?:\s+(?:me|us|at|on|no|number|نمبر|شمېره|شماره))*\s*[.:#]?\s*)\+?\d[\d \-]{4,}\d",
    re.IGNORECASE,
)
SHORT_ABROAD = re.compile(r"(?<![\w+])\+\d(?:[ \t\-]?\d){6,}|(?<!\d)00\d(?:[ \t\-]?\d){6,}(?!\d)")

MONEY = "PKR|AFN|AFG|USD|EUR|IRR|INR|UTC|GMT|TIR|ISO|NHA|GPS|COVID|HS|PK|AF|IR|UN|RS"
PLATE = re.compile(rf"\b(?!(?:{MONEY})\b)[A-Z]{{2,3}}-\d{{3,5}}\b|\b[A-Z]{{2,3}} \d{{2}} \d{{3,4}}\b")
NO_PLATE = (
    "WFP|IOM|NGO|BBC|CNN|AFP|TTP|FBR|NLC|NDS|ISI|PIA|ANA|CIS|EST|PKT|AFT|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|"
    "MON|TUE|WED|THU|FRI|SAT|SUN|THE|AND|FOR|ALL|NOT|OUT|OFF|NOW|BUT|WAS|ARE|HAS|HAD|TIL|VIA|PER|MAX|MIN|KM|RD"
)
PLATE_SPACED = re.compile(
    rf"\b(?!(?:{MONEY}|{NO_PLATE})\b)[A-Z]{{3}}(?:[ \-]\d-\d{{4,5}}| \d{{3,5}})\b(?![.,:]\d)"
    r"(?!\s+(?:trucks|people|persons|vehicles|cars|famil|containers|passengers|travell?ers|tons|tonnes|kg|km))"
)
PASSPORT = re.compile(
    r"((?:\bpassport|\btazkira|\bcnic|\bid card|پاسپورت|پاسپورټ|پاسپورٹ|تذکره|تذکرې|شناختی کارڈ)"
    r"\s*(?:(?:no|number|num|نمبر|شمېره|شماره)\b\.?)?\s*[:#]?\s*)[A-Z]{0,3}[ \-]?\d[\d\-]{4,}\d"
    r"|\b(?:[A-Z]{2}\d{7}|[A-Z]\d{8})\b",
    re.IGNORECASE,
)
PLATE_NAMED = re.compile(
    r"((?:number plates?|licen[cs]e plates?|plates?|reg(?:istration)? no|پلېټ|پلیت|نمبرپلیټ|نمبر پلیټ"
    r"|نمبر پلیٹ|نمبرپلیٹ"
    r"|پلاک|گاڑی نمبر|موټر نمبر)\s*(?:no\.?|number|نمبر|:|is)?\s*)(?=[A-Z]{0,4}["
    r" \-]?[\w\-]*\d)[A-Z]{0,4}[ \-]?[\w\-]*\d[\w\-]*",
    re.IGNORECASE,
)

TITLES = (
    "Mr|Mrs|Ms|Dr|Haji|Hajji|Hadji|Commander|Cdr|Capt|Captain|Col|Colonel|Major|Maj|Gen|General|Brig|Brigadier|Maulvi|"
    "Mawlawi|Molvi|Mullah|Mulla|Mufti|Qari|Sheikh|Ustad|Engineer|Engr|Inspector|Sardar|Syed|Sayed|Agha|Janab|Jenab|"
    "Lieutenant|Lt|Sergeant|Sgt|Hafiz|Akhund|Mohtaram|Subedar"
)
TITLED = re.compile(rf"\b((?i:{TITLES})\.?)\s+((?!\[)[A-Za-z][\w'’\-]+(?:\s+[A-Z][\w'’\-]+){{0,3}})")
NO_NAMES = all_of(
    "said says told tells in at of on the and has have had is was were are camp post office officer"
    " officers sahib sb saib"
    " from to for road bazaar bazar manager directorate consulate secretary staff assembly who will also"
    " here there when"
    " that this a an border crossing gate side closed open opened shut with traffic strike general major offices public"
    " commander reported confirmed chaman hospital police market"
)
"""Words that follow a title and are no name."""
SELF = re.compile(
    r"((?:\b[Mm]y name is|\b[Tt]his is|\b[Ii] am|\b[Ii]['’]m)\s+)([A-Z][\w'’\-]+(?:\s+[A-Z][\w'’\-]+){0,2})"
    r"|((?:میرا نام|زما نوم|نام من)\s+)(\S+(?:\s+(?:خان|جان|ګل|گل|شاه|شاہ))?)"
)
SIGNED = re.compile(r"^([ \t]*(?:[—–]|--?)[ \t]*)([A-Z][\w'’\-]+(?:[ \t]+[A-Z][\w'’\-]+){0,2})[ \t]*\Z", re.MULTILINE)
SIGNED_RTL = re.compile(r"^([ \t]*[—–][ \t]*)([\u0620-\u06d3]+(?:[ \t]+[\u0620-\u06d3]+){0,2})[ \t]*\Z", re.MULTILINE)
REGARDS = re.compile(
    r"^([ \t]*(?:kind |best |warm )?(?:regards|thanks|wassalam)[ \t]*,?\s+)([A-Z][\w'’\-]+(?:["
    r" \t]+[A-Z][\w'’\-]+){0,2})[ \t]*\Z",
    re.MULTILINE | re.IGNORECASE,
)

RTL_TITLES = (
    "ښاغلی|ښاغلي|ښاغلى|آغلی|حاجي|حاجی|الحاج|ملا|مولوي|مولوی|قوماندان|قومندان|قومندانان|آقای|اقای|جناب"
    "|انجنیر|انجینر|ډاکټر|داکتر|ڈاکٹر|"
    "جنرال|جنرل|خانم|استاد|قاري|قاری|مفتي|مفتی|شیخ|کرنل|کرنیل|ډګروال|دگروال|میجر|مسٹر|محترم|محترمہ"
    "|صوبیدار|حافظ|کمانڈر|کیپٹن|سید"
)
RTL_TITLED = re.compile(
    rf"(?<!\w)((?:{RTL_TITLES})\s+)((?!\[)[\u0620-\u06d3\u200c]+(?:\s+[\u0620-\u06d3\u200c]+){{0,3}})",
)  # fmt: skip
RTL_AFTER = re.compile(r"(?<!\w)([\u0620-\u06d3\u200c]+)(\s+(?:صاحب|صیب|صېب)(?!\w))")
NAME_PARTS = all_of(
    "خان جان ګل گل شاه شاہ الله اللہ احمد محمد علي علی حسین حسن کریم رحیم رحمن رحمان الرحمن عبد نور میر"
    " زی زۍ زئی یار ولي ولی"
    " آغا اغا لالا ملا حاجي حاجی خیل وال یوسفزی مجاهد حقاني حقانی آخند اخند"
)
RTL_NO_NAMES = all_of(
    "صاحب صیب صېب وویل ویل وايي وایی گفت گفته می کہا کہنا نے کا کی کے د په ته له چې چی که او و در به از"
    " را است شد دی ده دي ہے ہیں"
    " والی والي والی‌صاحب رئیس رییس وزیر مسئول مسوول مسؤول آمر امر قومندان قوماندان ورونو وروڼو دوستان"
    " دوستانو همکاران رئیس‌صاحب سفیر"
    " حکومت امنیه امنیې سرحد سرحدي سرحدی گمرک ګمرک دروازه دروازې لارې لاره بندر بارډر سر ډی افسر کمشنر"
    " کمانډان نن امروز اوس آج سفر"
    " کمپ رییس‌جمهور ولسوال پولیس فوج"
)


def cleaned(text: str, keep: Iterable[str] = ()) -> Cleaned:
    """The text without what is private. `keep`: what crossings and places are called, never taken for a person."""
    text = clean(text[: LONGEST * 2])
    places = _Places(keep)
    text = _headers(text)
    for pattern, mark in ((CHAT_LINK, "[link]"), (EMAIL, "[address]"), (HANDLE, "[handle]")):
        text = pattern.sub(mark, text)
    text = PASSPORT.sub(lambda found: f"{found[1] or ''}[number]", text)
    text = _numbers(text)
    text = PLATE.sub("[plate]", PLATE_NAMED.sub(r"\1[plate]", text))
    text = PLATE_SPACED.sub("[plate]", text)
    text, doubts = without_speakers(_names(text, places), places.begins, NEVER_NAMES)
    return Cleaned(text, marked(text), _unsure(text, places, doubts))


def _headers(text: str) -> str:
    """Who wrote goes, when it was sent stays, in one form for all programs."""
    text = DASHED.sub(r"[\1, \2] [name]:", text)
    text = TURNED.sub(r"[\2, \1] [name]:", text)
    text = BRACKETS.sub(r"[\1, \2] [name]:", text)
    text = FORWARDED.sub(r"\1 [name]", text)
    text = LETTER.sub(r"\1 [name]", text)
    return TILDE.sub(r"\1[name]\2", text)


def _numbers(text: str) -> str:
    text = NUMBER_NAMED.sub(r"\1[number]", text)
    text = SHORT_ABROAD.sub("[number]", text)
    while found := phone_numbers(text):
        # Until nothing is left that would be refused: with one gone its neighbour may be another.
        for start, end in reversed(found):
            text = f"{text[:start]}[number]{text[end:]}"
    return text


class _Places:
    def __init__(self, names: Iterable[str]) -> None:
        self.names = {name.casefold() for name in names if name.strip()}
        self.words = {word for name in self.names for word in re.split(r"[\s–\-]+", name) if len(word) > 2}

    def begins(self, words: list[str]) -> bool:
        """Whether a place is called by the first of these words."""
        folded = [word.casefold().strip(".,;:!?،؛۔") for word in words]
        return folded[0] in self.names or any(" ".join(folded[:n]) in self.names for n in range(2, len(folded) + 1))


def _names(text: str, places: _Places) -> str:
    text = TITLED.sub(lambda found: _after_title(found, places, NO_NAMES, latin=True), text)
    text = SELF.sub(lambda found: _self(found, places), text)
    for pattern in (SIGNED, SIGNED_RTL, REGARDS):
        text = pattern.sub(lambda found: found[0] if places.begins(found[2].split()) else f"{found[1]}[name]", text)
    text = RTL_TITLED.sub(lambda found: _after_title(found, places, RTL_NO_NAMES, latin=False), text)
    return RTL_AFTER.sub(lambda found: _before_sahib(found, places), text)


def _self(found: re.Match[str], places: _Places) -> str:
    said, name = (found[1], found[2]) if found[2] else (found[3], found[4])
    words = name.split()
    return found[0] if words[0].casefold() in NO_NAMES or places.begins(words) else f"{said}[name]"


def _after_title(found: re.Match[str], places: _Places, stops: Collection[str], *, latin: bool) -> str:
    """The title stays, and what follows the name."""
    words = re.findall(r"\S+\s*", found[2])
    bare = [word.strip() for word in words]
    taken = 0
    while taken < len(words) and not (bare[taken].casefold() in stops or places.begins(bare[taken:])):
        taken += 1
        if taken < len(words) and not latin and not _goes_on(bare[taken - 1], bare[taken]):
            break
        if latin and not bare[0][0].isupper():
            break
    if not taken:
        return found[0]
    head = found[0][: found.start(2) - found.start()]
    rest = "".join(words[taken:])
    return f"{head}[name]{' ' if rest else ''}{rest}"


def _goes_on(word: str, following: str) -> bool:
    """Whether what follows a name in Arabic script is still of it: nothing there is written large."""
    if following in RTL_NO_NAMES:
        return False
    return following in NAME_PARTS or word in NAME_PARTS - {"خان", "جان", "شاه", "شاہ"}


def _before_sahib(found: re.Match[str], places: _Places) -> str:
    word = found[1]
    known = word in RTL_NO_NAMES or word in RTL_TITLES.split("|") or places.begins([word])
    return found[0] if known else f"[name]{found[2]}"


PAIR = re.compile(r"(?<![\w\[])[A-Z][a-z'’]+(?:[ \t]+[A-Z][a-z'’]+)+")
KNOWN = all_of(
    "Afghanistan Pakistan Iran Kabul Peshawar Islamabad Kandahar Quetta Landi Kotal Jalalabad Taliban"
    " Afghan Pakistani Iranian"
    " January February March April May June July August September October November December Monday Tuesday Wednesday"
    " Thursday Friday Saturday Sunday Border Crossing Gate Police Force Forces Ministry Minister"
    " Government Islamic Emirate"
    " Republic Customs Chamber Commerce North South East West Khyber Nangarhar Frontier Corps The Today"
    " Yesterday Trucks"
    " Pedestrians All Now This Since Goods Market News Agency United Nations Red Cross Side Army Road"
)


NEVER_NAMES = frozenset(
    word.casefold() for word in (*KNOWN, *NO_NAMES, *TITLES.split("|"), *RTL_NO_NAMES, *RTL_TITLES.split("|"))
)


def _unsure(text: str, places: _Places, doubts: Iterable[str]) -> tuple[str, ...]:
    pairs = [
        match[0]
        for match in PAIR.finditer(text)
        if not any(word in KNOWN or word.casefold() in places.words for word in match[0].split())
    ]
    return tuple(dict.fromkeys([*pairs, *doubts]))[:MOST_UNSURE]
