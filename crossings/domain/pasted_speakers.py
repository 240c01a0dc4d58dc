"""Who is said to have said it: names before "said" and behind "driver", in Latin and Arabic script."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

IsPlace = Callable[[list[str]], bool]


def all_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


GIVEN = all_of(
    "karim kareem rahim raheem ahmad ahmed muhammad mohammad mohammed mohamad ali hussain hussein hassan"
    " hasan abdul abdullah omar umar usman osman bilal imran naveed asif aslam akbar anwar arif aziz farid"
    " fareed faisal habib hamid hameed haroon ibrahim idris idrees iqbal ismail jamal jameel javed jawed"
    " jawad kamran khalid latif mahmood mahmud mansoor mustafa najib najeeb naseer nasir noor qasim rashid"
    " rasheed rehman rahman sadiq sajid salim saleem shafiq shahid sharif shareef tariq wahid waheed wali"
    " yaqoob yaqub yousaf yousuf yusuf zahir zaman zubair zia waseem wasim zahra fatima maryam aisha"
    " ayesha bashir basir jabbar qadir ghafoor ghani hakim hekmat hikmat mirwais nawaz parwiz rafiq rauf"
    " sardar sarwar shabir shakir shoaib sohail suhail tahir taj yasin yasir zabihullah zarif khan gul"
    " shah mir agha lala syed sayed jalal daud dawood farhad fawad homayoun humayun junaid murad nadeem"
    " nazir obaid qais rahmat rohullah samim sami shams sher wazir younas younus zalmai"
)
GIVEN_RTL = all_of(
    "کریم رحیم احمد محمد علی علي حسین حسن عبدالله عبداللہ عمر عثمان بلال عمران نوید آصف اسلم اکبر انور"
    " عارف عزیز فرید فیصل حبیب حمید حامد هارون ابراهیم ادریس اقبال اسماعیل جمال جمیل جاوید کامران خالد"
    " لطیف محمود منصور مصطفی نجیب نصیر ناصر قاسم رشید رحمن رحمان صادق ساجد سلیم شفیق شاهد شاہد شریف طارق"
    " وحید ولي ولی یعقوب یوسف ظاهر زمان زبیر ضیا وسیم بشیر جبار قادر غفور غني غنی حکیم حکمت میرویس نواز"
    " پرویز رفیق رؤوف سرور شبیر شاکر شعیب سهیل سہیل طاهر طاہر یاسین یاسر ظریف خان ګل گل شاه شاہ جان آغا"
    " اغا لالا جلال داود داؤد فرهاد فواد همایون جنید مراد ندیم نذیر قیس رحمت شمس یونس زلمی زلمي یوسفزی"
    " ابراہیم ہارون غلام نور میر عبدل زهرا زہرا فاطمه فاطمہ مریم عایشه عائشہ"
)
ENDINGS = ("ullah", "uddin", "الله", "اللہ", "الدین", "زی", "زۍ", "زئی")
NOBODY = all_of(
    "he she they it we you i who one nobody somebody people official officials authority authorities"
    " trader traders driver drivers source sources resident residents local locals spokesman spokesperson"
    " spokeswoman soldier soldiers guard guards everyone media report reports statement reuters dawn tolo"
    " bbc afp geo ariana pajhwok khaama customs ambassador governor chief leader leaders labour union"
    " association association's embassy and but also then as has president prime foreign interior deputy"
    " senior my our his her their not later earlier still friend friends brother be is was were are told"
    " said us me them him having being"
)
NOBODY_RTL = all_of(
    "چارواکو چارواکي چارواکی حکام حکومت مسوولین مسئولین مسئولان مقامات مقام ویاند ویاندوی سخنگو سخنگوی"
    " ترجمان پولیس طالبان طالبانو سوداګر سوداګرو سوداگرو تاجران تاجروں تجار خلک خلکو مردم لوگوں انہوں"
    " انھوں اس ان هغه هغوی دوی وی ذرائع ذرایع منابع سرچینو سرچینې رسنیو رسنۍ رسانه ها یې یی مې دې وروسته"
    " بیا هم نیز سپس او اور ډرایور ډرایورانو ډریور ڈرائیور ڈرائیوروں راننده رانندگان ملګري ملګرو ملګری"
    " دوست دوستم وویل ویل گفت گفتند ته را چې چی له په د دا دغه پاکستان افغانستان ایران پاکستانی افغان"
    " سرتېرو سرتیرو اوسېدونکو ایک یو یک زما ما من میں میرے ہمارے زموږ زموږه راته ورته درته موږ مونږ وزارت"
    " ریاست اداره ادارې لارۍ موټر ټرک گاڑی دروازه دروازې دروازہ بندر بنده بند خلاصه خلاص باز بسته کھلا نے"
    " کو"
)

WORD = r"[^\W\d_\u0600-\u06ff][\w'’\-]*"
WORD_RTL = r"[\u0620-\u06d3\u200c]+"
BEHIND, BEFORE = "behind", "before"
PATTERNS = (
    (
        BEFORE,
        rf"(?<![\w\[])()((?:{WORD}[ \t]+){{1,3}})(?=(?:has[ \t]|had[ \t]|also[ \t])?(?i:said|told|says|tells)\b)",
    ),
    (BEHIND, rf"\b((?i:told by|said by|driver|friend)[,:]?[ \t]+)({WORD}(?:[ \t]+{WORD}){{0,2}})"),
    (
        BEFORE,
        rf"(?<![\w\[])()((?:{WORD_RTL}[ \t]+){{1,3}})"
        r"(?=(?:راته[ \t]+)?(?:وویل|ووې|وايي|نے[ \t]+(?:بتایا|کہا)|گفت|میگوید)(?!\w))",
    ),
    (
        BEHIND,
        r"(?<!\w)((?:ډرایور|ډریور|ډرېور|ڈرائیور|راننده|ملګري|ملګری|ملگري|ملگری|دوست|دوستم|به گفته)[،:]?[ \t]+)"
        rf"({WORD_RTL}(?:[ \t]+{WORD_RTL}){{0,2}})",
    ),
)
COMPILED = tuple((where, re.compile(pattern)) for where, pattern in PATTERNS)


def without_speakers(text: str, is_place: IsPlace, stops: frozenset[str]) -> tuple[str, list[str]]:
    """The text with [name] for those surely named, and what else may be a name. `stops`: words that never are."""
    doubts: list[str] = []

    def one(found: re.Match[str], where: str) -> str:
        words = found[2].split()
        free = _free(words, is_place)
        start, end, sure = _named(words, free, where, stops)
        if start == end:
            return found[0]
        if not sure:
            doubts.append(" ".join(words[start:end]))
            return found[0]
        gap = found[2][len(found[2].rstrip()) :]
        return f"{found[1]}{' '.join([*words[:start], '[name]', *words[end:]])}{gap}"

    for where, pattern in COMPILED:
        text = pattern.sub(lambda found, where=where: one(found, where), text)  # type: ignore[misc]
    return text, doubts


def _free(words: list[str], is_place: IsPlace) -> list[bool]:
    """Of each word whether it is of no place's name."""
    free = [True] * len(words)
    for start in range(len(words)):
        end = next((n for n in range(start + 1, len(words) + 1) if is_place(words[start:n])), start)
        free[start:end] = [False] * (end - start)
    return free


def _named(words: Sequence[str], free: Sequence[bool], where: str, stops: frozenset[str]) -> tuple[int, int, bool]:
    """From which word to which a name stands next to what tells so, and whether it surely is one."""
    order = range(len(words)) if where == BEHIND else range(len(words) - 1, -1, -1)
    taken: list[int] = []
    for at in order:
        if not free[at] or not (_given(words[at], stops) or _may_be(words[at], stops, first=not taken)):
            break
        taken.append(at)
    if not taken:
        return 0, 0, False
    sure = any(_given(words[at], stops) for at in taken)
    return min(taken), max(taken) + 1, sure


def _given(word: str, stops: frozenset[str]) -> bool:
    folded = word.casefold()
    ends = len(folded) > 5 and folded.endswith(ENDINGS)
    return folded not in stops and (folded in GIVEN or folded in GIVEN_RTL or ends)


def _may_be(word: str, stops: frozenset[str], *, first: bool) -> bool:
    folded = word.casefold()
    if folded in stops or folded in NOBODY or folded in NOBODY_RTL or len(word) < 3:
        return False
    # In Arabic script nothing is written large: only what stands next to the word that tells may be a name.
    return word[0].isupper() or (first and "\u0600" <= word[0] <= "\u06ff")
