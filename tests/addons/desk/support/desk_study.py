"""The sample with two more interviews, which ana codes: one in many scripts, one of any length."""

import hashlib
import shutil
from pathlib import Path

from glc_analysis.view.study_view import OpenStudy

SCRIPTS = {
    "Latin": ["We waited for weeks; nobody told us who decides, and the shelter had no room for families.",
              "El refugio abrió en junio, y la policía no volvió más después de aquella noche difícil.",
              "Ngôi nhà này là nơi đầu tiên họ hỏi chúng tôi muốn gì trước khi viết."],
    "Cyrillic": ["Мы долго ждали ответа, и никто не сказал нам, кто решает и когда это будет.",
                 "Полиция сказала, что документы потеряны, и никто за это не извинился перед нами тогда.",
                 "Потом пришла женщина из приюта и спросила, что нам нужно прямо сейчас."],
    "Arabic": ["انتظرنا أسابيع طويلة، ولم يخبرنا أحد بمن يقرر ومتى يكون ذلك لنا جميعا.",
               "قالت الشرطة إن الأوراق ضاعت، ولم يعتذر أحد منهم عن ذلك حتى اليوم أبدا.",
               "ثم جاءت امرأة من المأوى وسألتنا ماذا نحتاج الآن قبل كل شيء آخر."],
    "Khmer": ["យើងរង់ចាំជាច្រើនសប្តាហ៍ ហើយគ្មាននរណាប្រាប់យើងថាអ្នកណាសម្រេចទេ។",
              "ប៉ូលីសនិយាយថាឯកសារបាត់ ហើយគ្មាននរណាសុំទោសយើងទេ។",
              "បន្ទាប់មកស្ត្រីម្នាក់មកពីផ្ទះសុវត្ថិភាព ហើយសួរថាយើងត្រូវការអ្វី។"],
    "Devanagari": ["हमने कई हफ़्ते इंतज़ार किया और किसी ने नहीं बताया कि फ़ैसला कौन करता है।",
                   "पुलिस ने कहा कि काग़ज़ खो गए और किसी ने हमसे माफ़ी नहीं माँगी कभी भी।",
                   "फिर आश्रय से एक औरत आई और उसने पूछा कि हमें अभी क्या चाहिए।"],
    "Emoji": ["She said 👩‍👧‍👦 we are family now 😀 and then 🇰🇭 nothing 👍🏽 for a whole year 🕊️ or so.",
              "First 🏠 then 📄📄 then 👮🏿‍♀️ and at last 💬 with somebody who 👂🏼 heard us all out.",
              "One 1️⃣ two 2️⃣ three 3️⃣ steps ❤️‍🩹 and the door 🚪 stayed open 🏳️‍🌈 that night too."]}
"""Three turns in each script, with code points beyond the 16-bit plane, marks, joiners and flags in them."""
TURNS = [words for turns in SCRIPTS.values() for words in turns]


def take_files_away(root: Path, coder: str) -> None:
    """Takes away what a coder handed in from other programs; the tables stay as they were built."""
    shutil.rmtree(root / "raw/codings" / coder)
    path = root / "private/reference/manifest.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith(f"raw/codings/{coder}/")]
    path.write_text("".join(kept), encoding="utf-8")


def sample_to_code(sample: Path, root: Path, coder: str) -> OpenStudy:
    """A copy of a built sample in which the coder has handed in nothing from other programs."""
    shutil.copytree(sample, root)
    take_files_away(root, coder)
    return OpenStudy(root)


def write_desk_study(root: Path, sample: Path, *, turns: int = 0) -> Path:
    """Copies a sample study and adds interview-scripts and, of so many turns, interview-long."""
    shutil.copytree(sample, root)
    texts = {"interview-scripts": TURNS}
    if turns:
        texts["interview-long"] = [f"{TURNS[n % len(TURNS)]} {n}" for n in range(turns)]
    tables = {"documents": "", "speakers": "", "assignments": "", "manifest": ""}
    for name, said in texts.items():
        lines = [f"{'Beno' if n % 2 else 'Asha'}: {words}\n" for n, words in enumerate(said)]
        content = "".join(lines).encode()
        (root / f"raw/interviews/{name}.txt").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        tables["manifest"] += (f"raw/interviews/{name}.txt,{digest},{len(content)},2016-09-30,glc sample,"
                               "none needed: invented,\n")
        tables["documents"] += (f"{name},interview,raw/interviews/{name}.txt,canal-lamp,2016-07-08,en,"
                                "false,,\n")
        tables["speakers"] += (f"{name},Asha,asha,canal-lamp,participant\n"
                               f"{name},Beno,beno,canal-lamp,participant\n")
        tables["assignments"] += f"{name},ana,2,\n"
    for name, rows in tables.items():
        path = root / f"private/reference/{name}.csv"
        path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    return root
