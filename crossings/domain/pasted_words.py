"""The words by which people tell how a crossing stands, in English, Pashto, Dari and Urdu, as patterns.

All are compared with flat() of a text, which has the same length: what is found there stands at the same place.
"""

from __future__ import annotations

import re
import unicodedata

from crossings.domain.vocabulary import State, Traffic, Unit

SAME = str.maketrans(
    {
        **dict.fromkeys("يىېۍےئ", "ی"),
        **dict.fromkeys("كڪ", "ک"),
        **dict.fromkeys("ګڭ", "گ"),
        **dict.fromkeys("ةەہھۃۀ", "ه"),
        **dict.fromkeys("أإآ", "ا"),
        **dict.fromkeys("’‘ʼ", "'"),
        **dict.fromkeys("\u200c\u200d\u00a0\u202f\u2009", " "),
        **dict.fromkeys("–—‑", "-"),
        "٬": ",",
        "٫": ".",
    }
)


def flat(text: str) -> str:
    """The text letter by letter without case and keyboard variants, digits in Latin script: as long as it was."""
    return "".join(_flat(letter) for letter in text)


def _flat(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    small = letter.lower()
    return (small if len(small) == 1 else letter).translate(SAME)


def words(*patterns: str) -> re.Pattern[str]:
    """Any of these, as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(flat_pattern(each) for each in patterns)})(?!\w)")


def flat_pattern(pattern: str) -> str:
    """Only its letters of Arabic script: a backslash and what follows it are no text."""
    return "".join(_flat(letter) if letter > "\u0600" else letter for letter in pattern)


DARI_BE = (
    r"(?:شد|است|گردید|شده است|گردیده است|گردیده|شده|شدند|شده اند|اند|کرد|کردند|نمود|کرده است|کرده اند|می"
    r" ?باشد|هست|شود|شوند|می ?شود|گردد|خواهد شد|خواهند شد|کند|کنند)"
)

STATES: dict[State, re.Pattern[str]] = {
    State.OPEN: words(
        r"(?:re-?)?opened", r"(?:re-?)?opens", "(?:re-?)?open", "resumed",
        "خلاص", "خلاصه", "خلاصې", "خلاصی", "پرانیستل", "پرانستل", "پرانیستل شو", "پرانیستل شوه", "پرانیستله",
        "پرانیستلې", "پرانیستې",
        "پرانیستی", "پرانیستلی",
        rf"باز {DARI_BE}", rf"گشوده {DARI_BE}", rf"بازگشایی {DARI_BE}",
        "کھل گیا", "کھل گئی", "کھل چکا", "کھلا", "کھلی", "کھول دیا", "کھول دی", "کھول دیے", "کھول دئے", "کھول لیا",
        "کھل",
        "بحال",
    ),
    State.CLOSED: words(
        "closed", "closes", r"(?:will|to|'ll) (?:be )?close", "shut", "shuts", "shut down", "sealed", "blocked",
        "suspended", "halted",
        "تړل", "تړلی", "تړلې", "تړلي", "وتړل", "وتړله", "وتړلو", "وتړلې", "وتاړه", "بند", "بنده", "بندې",
        "بسته", "بست", "بستند", "مسدود", "تعطیل", "سیل",
    ),
}  # fmt: skip
NO_STATE = words(
    r"(?:gate|door|border) blocked", r"بندې? پاتې", r"بندې? ولاړ\w*", r"بند برق", r"برق بند",
    r"open (?:letter|source|air|fire)", r"opened fire",
    r"(?:after|since|until|till|before|by) (?:being|it was|having been|it had been|the|its)? ?(?:\w+"
    r" ){0,4}?(?:closed|shut|blocked|opened|reopened|open)",
    r"(?:which|that) (?:was|were|had been|has been) (?:\w+ )?(?:closed|shut|blocked|opened|open)",
    r"(?:closed|shut|blocked)(?= (?:gate|border|crossing|point))", r"closed for \w+ (?:days|weeks|hours) (?:was|were)",
    r"کھل کر", r"دست بسته",
)  # fmt: skip
"""Words of states that tell of none, or of another time."""

NEGATED = words(
    "not", r"\w+n't", "never", "neither", "nor", "cannot", "denied", "denies", "deny", "refused?", "refuses", "false",
    "fake", "wrong",
    "yet to", "no longer", "no decision", "no sign", "no word", "no news", "failed", "fail", "without", "unless",
    "instead of", "nobody",
    "dont", "isnt", "wasnt", "none", "no(?= (?:open|clos|shut|re))",
    "نه", "ندی", "نده", "ندي", "نشته", "نشو", "نشوه", "ناسم", "دروغ", "لا تر اوسه نه",
    "نیست", "نیستند", "نشد", "نشده", r"نشده است", "نکرد", "نکرده", r"نمی ?\w*", "نبود", "نگردید", "نگردیده",
    "نمیباشد", "تکذیب", "رد کرد",
    "نہیں", "نہ", "نہیں ہوا", "غلط", "جھوٹ",
)  # fmt: skip
MAYBE = words(
    "might", r"(?<!\d )(?<!\d)may(?! \d)", "could", "would", "perhaps", "maybe", "possibly", "probably", "likely",
    "rumou?rs?", "rumou?red",
    "reportedly", "unconfirmed", "allegedly", "hear", "heard", "hearsay", "hopes?", "hoping", "hopefully", "if",
    "whether", "should", "must",
    "demand(?:s|ed|ing)?", "urged?", "urges", "calls? (?:for|on)", "called (?:for|on)", "asked", "asks?", "wants?",
    "requests?", "requested",
    "threat(?:en)?(?:s|ed|ing)?", "talks (?:on|about|over|to)", "trying", "fears?", "seems?", "apparently",
    "warn(?:s|ed)?", "people say",
    "they say", "some say", "not sure", "unsure", "i think",
    "شاید", "ښایي", "ممکن", "امکان", "کېدای شي", "کیدای شي", "آوازه", "آوازې", "اوازه", "اوازې", "افواه", "افواهات",
    "ویل کېږي", "غوښتنه",
    "غوښتي", "هیله", "که چېرې", "که چیرې", "اگر", "ګمان", "اورېدلي", "اوریدلي", "وایي چې ښایي",
    "احتمال", "احتمالا", "احتمالاً", "شایعه", "شایعات", "خواستار", r"گفته می ?شود", "امیدوار", "باید", "خواستند",
    "درخواست", "هشدار", "گمان",
    "افواہ", "افواہیں", "مطالبہ", "امید", "سنا", "چاہیے", "اگرچہ", "دھمکی", "خدشہ",
)  # fmt: skip
AHEAD = words(
    "will", r"'ll", "going to", "tomorrow", "scheduled", "agreed to", "agree to", "promised", "promises", "plans? to",
    "planned", "planning to",
    r"to (?:be )?(?:re-?)?(?:open|close|shut|opened|closed)(?:ed)?", "expected to", "set to", "about to", "soon",
    r"next (?:week|month|day|\w+day)", "announced that it would",
    "سبا", "سبا ته", "ژر به", "به", "خواهد", "خواهند", "فردا", "قرار است", "به زودی", "بزودی", "گا", "گی", "گے",
    "آئندہ", "جلد ہی",
)  # fmt: skip
PASHTO = re.compile(r"[ټډړږښڼېۍځڅ]")
BARE_BE = words("به")
"""In Pashto of what will be, in Dari and Urdu "to"."""
SUBJUNCTIVE = words(
    r"\w+ شي", r"\w+ شی", r"\w+ شود", r"\w+ شوند", r"\w+ کند", r"\w+ کنند", r"\w+ گردد", r"\w+ کېږي", r"\w+ کیږي",
    r"می ?شود", r"\w+ جائے", r"\w+ جائیں", r"\w+ کړي", "پرانیزي",
)  # fmt: skip
"""Open or closed as it may be, or will be, or is as a rule."""
PAST = words(
    r"last (?:year|month|week|winter|summer|spring|autumn|fall|time|january|february|march|april|may"
    r"|june|july|august|september|october|november|december)",
    r"(?:years?|months?|weeks?) ago", "previously", "formerly", r"earlier this (?:year|month|week)", "used to",
    "had been", "had",
    "back then", "in the past", "every", "usually", "always", "often", "each", "normally", "anniversary",
    r"(?:in|of|since|during) (?:19|20)\d\d", "once",
    "تېر کال", "تیر کال", "تېره میاشت", "تېره اونۍ", "پروسږکال", "پروسږ کال", "پخوا", "همېشه", "هره ورځ",
    "پارسال", "سال گذشته", "سال پار", "ماه گذشته", "هفته گذشته", "قبلا", "قبلاً", "سال پیش", "ماه پیش", "همیشه",
    "هر روز", "هر سال", "بود", "بودند",
    "پچھلے سال", "گزشتہ سال", "پچھلے مہینے", "گزشتہ ماہ", "پچھلے ہفتے", "گزشتہ ہفتے", "ہمیشہ", "تھا", "تھی", "تھے",
    "ہر سال", "روزانہ",
)  # fmt: skip
ASKED = re.compile(
    r"[?؟]\s*\Z|\A\W*(?:is|are|was|has|have|did|does|do|any|when|what|why|who|anyone|anybody|tell me"
    r"|please tell|can|should|آیا|ایا|کیا|کله|کب)(?!\w)"
)

TRAFFIC: dict[Traffic, re.Pattern[str]] = {
    Traffic.CARGO: words(
        "trucks?", "lorr(?:y|ies)", "goods", "cargo", "containers?", "trade", "freight", "trailers?", "exports?",
        "imports?", "transit", "commercial (?:vehicles|traffic|trucks)",
        "لارۍ", "لارۍګانې", "لاری", "لاریو", "بارونه", "بار", "مال", "مالونه", "سوداګري", "سوداګریز", "ټرک", "ټرکونه",
        "بارچالاني", "سوداگرۍ", "سوداګرۍ", "کانټینرونه", "بار وړونکي",
        "لاری ها", "لاریها", "کامیون", "کامیون ?های?", "موترهای باربری", "باربری", "کالا", "کالاها", "تجارت",
        "تجارتی", "اموال", "موترهای تجارتی", "بارچالانی", "لاری‌ها",
        "ٹرک", "ٹرکوں", "مال بردار", "سامان", "تجارتی گاڑیاں", "تجارتی گاڑیوں", "کارگو", "کنٹینر", "کنٹینرز",
    ),
    Traffic.PEOPLE: words(
        "pedestrians?", "people", "passengers?", "travell?ers?", "on foot", "foot", "persons?", "families",
        "individuals", "foot traffic", "walkers",
        "خلک", "خلکو", "مسافر", "مسافرو", "مسافرین", "مسافرینو", "پیاده", "پلي", "وګړي", "وګړو", "مسافران",
        "مسافرانو", "عام خلک", "کورنۍ",
        "مردم", "عابران", "عابرین", "رهگذران", "افراد", "پیاده رو", "خانواده ها",
        "پیدل", "لوگ", "لوگوں", "مسافروں", "افراد", "شہری", "شہریوں", "پیدل آمدورفت", "پیدل چلنے والوں",
    ),
    Traffic.VEHICLES: words(
        "vehicles?", "cars?", "buses", "bus", "motor(?:cars?|bikes?)", "vehicular", "taxis?",
        "موټر", "موټرې", "موټرو", "موټرونه", "ګاډي", "ګاډو", "بسونه", "وسایط", "واسطې", "نقلیه وسایط", "نقلیه وسایطو",
        "موتر", "موترها", "موتر ها", "وسایط نقلیه", "عراده ها", "بس ها",
        "گاڑی", "گاڑیاں", "گاڑیوں", "بسیں",
    ),
}  # fmt: skip
ALL_TRAFFIC = words(
    "all (?:kinds|types|sorts) of (?:traffic|movement|transport)", "all traffic", "all movement", "completely",
    "fully", "everything", "every(?:one|body)", "all travel",
    "هر ډول تګ راتګ", "هر ډول", "په بشپړه توګه", "ټولو", "هر قسم", "هر نوع", "کاملا", "کاملاً", "همه", "ہر قسم",
    "مکمل", "مکمل طور",
)  # fmt: skip
ONLY = words("only", "just", "یوازې", "یواځې", "یوازی", "یواځی", "فقط", "تنها", "صرف")
EXCEPT = words(
    "except", "except for", "apart from", "other than", "excluding", "but for", "پرته", "پرته له", "بې له", "به جز",
    "بجز", "به استثنای", "جز", "علاوہ", "سوائے", "سوا",
)  # fmt: skip
CONDITIONAL = words(
    "on conditions?", "with conditions?", "conditionally", "restricted", "partially", "partly", "limited", "قیدي",
    "محدود", "مشروط", "نیمه", "قسما", "قسماً", "جزوی", "جزوی طور", "مشروط طور",
)  # fmt: skip
MAY_PASS = words(
    "allowed", "allow", "allows", "allowing", "permitted", "permit", "let through", "let in", "pass", "passing",
    "cross", "crossing", "crosses", "enter", "open", "opened", "reopened",
    "اجازه", "اجازت", "تېرېدای شي", "تېریږي", "خلاص", "خلاصه", "خلاصې", "پرانیستل", "تگ", "عبور", "باز", "گذر",
    "جا سکتے", "داخل", "کھلا", "کھلی", "کھول", "آمدورفت",
)  # fmt: skip
WHO: dict[str, re.Pattern[str]] = {
    "patients": words(
        "patients?", "sick", "the ill", "ناروغ", "ناروغان", "ناروغانو", "ناروغانو ته", "مریض", "مریضان", "بیماران",
        "مریضوں", "مریضانو",
    ),
    "students": words(
        "students?", "زده کوونکي", "محصلین", "محصلان", "زده کړیالان", "طلبہ", "طلباء", "دانشجویان", "شاگردان",
    ),
    "returnees": words(
        "returnees?", "راستنېدونکي", "بېرته راستنېدونکي", "عودت کنندگان", "برگشت کنندگان", "واپس جانے والے",
    ),
    "deportees": words("deportees?", "deported", "اخراج شدگان", "ډیپورټ شوي", "ڈی پورٹ"),
    "visa_holders": words(
        "visa holders?", "people with visas?", "those with visas?", "with valid visas?", "د ویزې لرونکي",
        "ویزه لرونکي", "دارندگان ویزه", "ویزا رکھنے والے", "ویزا ہولڈرز",
    ),
    "diplomats": words("diplomats?", "دیپلوماتان", "دیپلمات ها", "سفارتکار"),
    "ngo": words("aid workers?", "ngos?", "humanitarian workers?"),
    "stranded": words("stranded people", "stranded persons"),
    "traders": words("traders?", "سوداګر", "سوداگران", "تجار", "تاجران", "تاجر", "تاجروں"),
    "drivers": words("drivers?", "موټر چلوونکي", "ډریوران", "رانندگان", "ڈرائیور", "ڈرائیورز", "ڈرائیوروں"),
}  # fmt: skip
GOODS: dict[str, re.Pattern[str]] = {
    "perishables": words(
        "perishables?", "fruits?", "vegetables?", "fresh fruits?", "مېوه", "مېوې", "سبزیجات", "میوه", "میوه ها",
        "ترکاری", "سبزی", "پھل", "سبزیاں",
    ),
    "medicine": words("medicines?", "medical supplies", "درمل", "دوا", "ادویه", "ادویات"),
    "humanitarian": words(
        "humanitarian aid", "aid trucks", "relief goods", "بشري مرستې", "کمک های بشری", "امدادی سامان",
    ),
    "fuel": words("fuel", "oil tankers", "تېل", "تیل", "مواد سوخت"),
}  # fmt: skip

COUNTRIES: dict[str, str] = {
    "AF": r"afghan(?:istan|istan's|s|i)?|taliban(?:'s)?|islamic emirate|kabul|افغان|افغانستان|افغاني|افغانی"
    r"|طالب|طالبان|طالبانو|اسلامي امارت|امارت اسلامی|امارت",
    "PK": r"pakistan(?:i|is|'s)?|paks?|پاکستان|پاکستاني|پاکستانی|پاکستانيو|پاکستانیو",
    "IR": r"iran(?:ian|ians|'s)?|ایران|ایراني|ایرانی",
    "UZ": r"uzbek(?:istan|s)?|uzbekistan's|ازبکستان|اوزبېکستان|ازبیکستان|اوزبیکستان",
    "TJ": r"tajik(?:istan|s)?|tajikistan's|تاجکستان|تاجیکستان",
    "TM": r"turkmen(?:istan|s)?|turkmenistan's|ترکمنستان",
    "CN": r"chin(?:a|ese)|چین|چیني",
    "IN": r"india(?:n|'s)?|هند|هندوستان|بھارت|انڈیا",
    "UA": r"ukrain(?:e|ian)", "PL": r"poland|polish", "US": r"u\.?s\.?|american", "CA": r"canad(?:a|ian)",
}  # fmt: skip

UNITS: list[tuple[Unit, Traffic | None, re.Pattern[str]]] = [
    (unit, traffic, re.compile(rf"(?:{flat_pattern(pattern)})(?!\w)"))
    for unit, traffic, pattern in (
        (Unit.CONTAINERS, Traffic.CARGO, r"containers?|کانټینرونه|کانټینر|کانتینر(?: ?ها)?|کنٹینرز?"),
        (Unit.TRUCKS, Traffic.CARGO,
        r"(?:\w+ )?(?:cargo |loaded |goods |empty )?(?:trucks?|lorries|trailers)|(?:باري |بار وړونکې "
        r"|لویې )?(?:لارۍ|لارۍګانې|لاری|ټرکونه|لاری ?ها)"
                                      r"|کامیون(?: ?ها)?|موتر باربری|موترهای باربری|عراده (?:موتر"
                                      r"|لاری)(?: باربری)?|(?:مال بردار )?ٹرک|ٹرکوں"),
        (Unit.VEHICLES, None, r"vehicles?|موټرې|موټر|موټرونه|ګاډي|موتر|موترها|عراده|وسایط|گاڑیاں|گاڑیوں"),
        (Unit.PEOPLE, Traffic.PEOPLE,
        r"people|persons?|pedestrians?|passengers?|travell?ers?|families|تنه|کسان|خلک|مسافر|مسافرین|نفر"
        r"|تن|افراد|لوگ|مسافروں"),
    )
]  # fmt: skip
WAITING = words(
    "waiting", "wait", "waits", "stranded", "stuck", "queue", "queues", "queued", "lined up", "parked", "standing",
    "held up", "backlog", "are there", "stopped",
    "ولاړ", "ولاړې", "ولاړ دي", "ولاړ دی", "پاتې", "بند پاتې", "بندې پاتې", "انتظار", "په تمه", "منتظر", "متوقف",
    "گیر", "گیر مانده", "مانده", "مانده اند", "توقف", "صف", "کتار",
    "پھنسے", "پھنسی", "پھنس", "کھڑے", "کھڑی", "قطار", "قطاروں", "رکے", "انتظار میں",
)  # fmt: skip
MORE_THAN = words(
    "more than", "over", "at least", "upwards of", "exceeds?", "له ... څخه زیات", "تر", "بیش از", "زیاتر از",
    "بیشتر از", "سے زائد", "سے زیادہ", "زیات", "کم از کم", "لږ تر لږه", "حداقل",
)  # fmt: skip
UP_TO = words(
    "up to", "at most", "as many as", "less than", "fewer than", "under", "below", "not more than", "تا", "کمتر از",
    "حداکثر", "زیادہ سے زیادہ", "تک", "سے کم", "زیات نه زیات",
)  # fmt: skip
ABOUT = words(
    "about", "around", "some", "approximately", "roughly", "nearly", "almost", "close to", "approx", "شاوخوا", "نږدې",
    "نږدی", "حدود", "در حدود", "تقریبا", "تقریباً", "نزدیک به", "قریب", "لگ بھگ", "تخمینا",
)  # fmt: skip
PASHTO_WILL = re.compile(flat_pattern(r"(?<!\w)به (?:\w+ ){0,5}(?:شي|کړي|وکړي|پرانیزي|وتړي|کېږي|کیږي|وي)(?!\w)"))
LISTING = words(
    "for", "to", "all", "the", "both", "and", "also", "kinds?", "of", "او", "و", "اور", "هم", "لپاره", "ته", "پر مخ",
    "برای", "کے لیے", "کیلئے", "کے لئے", "د", "تگ راتگ",
)  # fmt: skip
