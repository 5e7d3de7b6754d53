"""Small words that a language cannot do without, and letters that its neighbours do not have."""

_LATIN = {
    "en": "the of and to in is that it was for with as on be at by this are from or which have not were but had you he",
    "de": "der die das und ist nicht ein eine den von zu mit dem sich des auf für im auch als wird aus bei nach werden",
    "fr": "le la les des et est une dans que qui pour pas sur au du avec ce il plus par sont cette ne nous vous était",
    "es": "el la los las que en un una del se por con para es no su al lo como más pero fue este ha sus está hay",
    "it": "il che di è la un una per non con del della si sono gli le dei nel alla da anche più come questo dal delle",
    "pt": "o os que em um uma do da não para com se no na dos das por mais como foi é ao são pelo pela seu também",
    "nl": "de het een van en in is dat op te zijn voor met niet aan die er om ook als maar bij naar werd wordt deze",
    "pl": "w i się na nie z do to że jest o jak za po są od przez dla był który oraz ale tym ich przy",
    "tr": "bir ve bu için ile da de çok olarak olan gibi daha kadar sonra ne değil ama her ise en var oldu",
    "vi": "và của là có trong được cho không một người với các những này khi đã để từ đến như về năm cũng",
    "id": "yang dan di ini itu dengan untuk dari pada dalam tidak akan adalah ke oleh juga karena bisa telah ada saya",
    "sv": "och att det som en på är av för den med till inte ett har de om han var jag från men så",
    "da": "og det at en den til er som på de med han af for ikke der var sig blev efter jeg fra men",
    "nb": "og det at en den til er som på de med han av for ikke var seg ble etter jeg fra men hun",
    "fi": "ja on ei se että hän oli ovat mutta kun niin kuin myös tai joka sen ole vain olla mukaan",
    "cs": "a se v na je že o s z do to i jako pro by ale za jsou podle jeho byl při které není",
    "sk": "a sa v na je že o s z do to aj ako pre by ale za sú podľa jeho bol pri ktoré nie",
    "hu": "a az és hogy nem is egy ez volt meg de van csak el már mint még azt ha kell vagy",
    "ro": "și de în la a nu o cu este pe din care sunt un să mai pentru fost prin sau după",
    "ca": "el la els les de que i en un una per amb no és del al com més va però seu aquest",
    "hr": "i je u na se da su za od s o kao ne ili koji bio što iz do nije te",
}
_CYRILLIC = {
    "ru": "и в не на что он с как это по но из за к у его от был было для так они при или за год",
    "uk": "і в не на що він з як це та до за від його був було для так вони при або рік є",
    "bg": "и в не на че той с като това по но от за към се са е да ще през със при или беше",
    "be": "і ў не на што ён з як гэта па але за яго быў для так яны або",
    "sr": "и у не на да он са као то по али од за се је су што или био који",
    "mk": "и во не на дека тој со како тоа по но од за се е да ќе или кој",
    "kk": "және бұл мен үшін бір де осы болды ол еді",
}
_ARABIC = {
    "ar": "في من على إلى أن هذا التي الذي مع عن كان هذه كما لا ما بين أو",
    "fa": "در از به که این را با است برای آن یک تا می های شد بود و",
    "ur": "کے کی میں ہے کا سے کو اور نے یہ پر کہ ہیں اس نہیں بھی ایک",
    "ps": "د په چې او له دا سره کې یې ته",
    "ug": "بۇ ۋە بىلەن ئۈچۈن بىر",
    "ckb": "لە بە بۆ ئەم کە ئەو",
}
_DEVANAGARI = {
    "hi": "है के में की का और से को ने पर यह हैं कि नहीं भी था",
    "mr": "आहे आणि या ते हे च्या नाही होते व मध्ये",
    "ne": "छ र को मा ले हो यो पनि छन् भएको",
}
_HEBREW = {"he": "של את על לא הוא זה עם כי גם היא", "yi": "און איז פון די אַז מיט צו נישט"}
WORDS: dict[str, dict[str, frozenset[str]]] = {
    script: {language: frozenset(words.split()) for language, words in table.items()}
    for script, table in {
        "Latin": _LATIN,
        "Cyrillic": _CYRILLIC,
        "Arabic": _ARABIC,
        "Devanagari": _DEVANAGARI,
        "Hebrew": _HEBREW,
        "Greek": {"el": "και το να η του", "grc": "τὸ καὶ τῶν τοῦ τὴν"},
    }.items()
}
LETTERS = {
    "de": "ßäöü",
    "fr": "èêëœùâîûç",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "it": "ìò",
    "pl": "łżśęąćńź",
    "tr": "ğşı",
    "vi": "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "sv": "åäö",
    "da": "øæå",
    "nb": "øæå",
    "fi": "äö",
    "cs": "řěůčšž",
    "sk": "ľĺŕôčšž",
    "hu": "őűáö",
    "ro": "șțăşţ",
    "hr": "đćčšž",
    "ru": "ыэё",
    "uk": "їієґ",
    "bg": "ъ",
    "be": "ўі",
    "sr": "јљњћђџ",
    "mk": "ѓќѕјљњџ",
    "kk": "әғқңөұүһ",
    "ar": "ةيىكأإؤ",
    "fa": "پچژگکی",
    "ur": "ٹڈڑںےہھ",
    "ps": "ټډړږښڼې",
    "ug": "ۇۆۈەې",
    "ckb": "ڕڵۆێە",
    "mr": "ळ",
    "yi": "װײױ",
}
