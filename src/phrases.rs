//! What the product itself says to readers of feeds and embeds, in each language of the catalogue.
//!
//! Everything else that they read is the catalogue's own text. A phrase may hold `{}`, see
//! [`Phrase::with`]. Phrases are chosen so that what is put beside them needs no grammar: nouns,
//! and a colon between.

/// The languages that phrases are in, in the order of the columns below.
pub const LANGUAGES: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

macro_rules! phrases {
    ($($(#[doc = $doc:literal])* $name:ident = [$($text:literal),* $(,)?];)*) => {
        /// A phrase.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Phrase { $($(#[doc = $doc])* $name),* }

        impl Phrase {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// In each of [`LANGUAGES`].
            const fn row(self) -> &'static [&'static str; 7] {
                match self { $(Self::$name => &[$($text),*]),* }
            }
        }
    };
}

phrases! {
    /// Heading of a list of videos.
    Videos = ["Videos", "Video", "Videozapisi", "Video-zapisi", "Видео-записи", "Видеа", "Videolar"];
    /// Heading of a list of programmes.
    Programmes = ["Programmes", "Programe", "Programi", "Programi", "Програми", "Програми", "Programlar"];
    /// Heading of a list of partners.
    Partners = ["Partners", "Partnerë", "Partneri", "Partneri", "Партнери", "Партнери", "Ortaklar"];
    /// Heading of a list of impact statistics.
    ImpactStatistics = [
        "Impact statistics", "Statistika të ndikimit", "Statistički podaci o učinku", "Statistički podaci o učinku",
        "Статистички подаци о учинку", "Статистички податоци за влијанието", "Etki istatistikleri",
    ];
    /// Heading of a list of indicators.
    Indicators = ["Indicators", "Tregues", "Pokazatelji", "Pokazatelji", "Показатељи", "Показатели", "Göstergeler"];
    /// Of figures that may be added up.
    Additive = [
        "may be added up", "mund të mblidhen", "mogu se sabirati", "mogu se sabirati", "могу се сабирати", "може да се собираат", "toplanabilir",
    ];
    /// Of figures that may not.
    NotAdditive = [
        "may not be added up", "nuk mund të mblidhen", "ne mogu se sabirati", "ne mogu se sabirati", "не могу се сабирати",
        "не може да се собираат", "toplanamaz",
    ];
    /// What is not divided by what others are divided by.
    Undivided = ["Not broken down", "Pa ndarje", "Bez podjele", "Bez podele", "Без поделе", "Без поделба", "Ayrılmamış"];
    /// Heading of documents that show a figure.
    Documents = ["Documents", "Dokumente", "Dokumenti", "Dokumenti", "Документи", "Документи", "Belgeler"];
    /// A page of a document.
    PageNumber = ["p. {}", "f. {}", "str. {}", "str. {}", "стр. {}", "стр. {}", "s. {}"];
    /// Heading of a list of topics.
    Topics = ["Topics", "Tema", "Teme", "Teme", "Теме", "Теми", "Konular"];
    /// Heading of a list of saved queries.
    SavedQueries = [
        "Saved queries", "Kërkime të ruajtura", "Sačuvani upiti", "Sačuvani upiti", "Сачувани упити", "Зачувани барања", "Kayıtlı sorgular",
    ];
    /// What a list leaves out.
    Except = ["except {}", "përveç {}", "osim {}", "osim {}", "осим {}", "освен {}", "{} hariç"];
    /// The language of texts.
    Language = ["Language", "Gjuha", "Jezik", "Jezik", "Језик", "Јазик", "Dil"];
    /// The language that is spoken in a video.
    SpokenLanguage = ["Spoken language", "Gjuha e folur", "Govorni jezik", "Govorni jezik", "Говорни језик", "Говорен јазик", "Konuşulan dil"];
    /// Captions of a video.
    Captions = ["Captions", "Titra", "Titlovi", "Titlovi", "Титлови", "Титлови", "Altyazı"];
    /// Transcript of a video.
    Transcript = ["Transcript", "Transkript", "Transkript", "Transkript", "Транскрипт", "Транскрипт", "Döküm"];
    /// Chapters of a video.
    Chapters = ["Chapters", "Kapituj", "Poglavlja", "Poglavlja", "Поглавља", "Поглавја", "Bölümler"];
    /// That a video can be played.
    Playable = ["Video available", "Video në dispozicion", "Video dostupan", "Video dostupan", "Видео доступан", "Достапно видео", "Video mevcut"];
    /// A still image.
    Image = ["Still image", "Imazh", "Slika", "Slika", "Слика", "Слика", "Görsel"];
    /// Sign language in a video.
    SignLanguage = ["Sign language", "Gjuha e shenjave", "Znakovni jezik", "Znakovni jezik", "Знаковни језик", "Знаковен јазик", "İşaret dili"];
    /// Audio description of a video.
    AudioDescription = [
        "Audio description", "Përshkrim audio", "Audio-deskripcija", "Audio-deskripcija", "Аудио-дескрипција", "Аудио-опис", "Sesli betimleme",
    ];
    /// What an item lacks.
    Missing = ["Missing", "Mungon", "Nedostaje", "Nedostaje", "Недостаје", "Недостасува", "Eksik"];
    /// The title of an item.
    Title = ["Title", "Titulli", "Naslov", "Naslov", "Наслов", "Наслов", "Başlık"];
    /// The summary of an item.
    Summary = ["Summary", "Përmbledhje", "Sažetak", "Sažetak", "Сажетак", "Резиме", "Özet"];
    /// The description of an item.
    Description = ["Description", "Përshkrim", "Opis", "Opis", "Опис", "Опис", "Açıklama"];
    /// When something was published.
    Published = ["Published", "Publikuar", "Objavljeno", "Objavljeno", "Објављено", "Објавено", "Yayımlanma"];
    /// When something was changed.
    Updated = ["Updated", "Përditësuar", "Ažurirano", "Ažurirano", "Ажурирано", "Ажурирано", "Güncelleme"];
    /// When something was stored.
    Created = ["Created", "Krijuar", "Kreirano", "Kreirano", "Креирано", "Креирано", "Oluşturulma"];
    /// When something was recorded.
    Recorded = ["Recorded", "Regjistruar", "Snimljeno", "Snimljeno", "Снимљено", "Снимено", "Kayıt"];
    /// How long something is.
    Duration = ["Duration", "Kohëzgjatja", "Trajanje", "Trajanje", "Трајање", "Времетраење", "Süre"];
    /// A span of time.
    Period = ["Period", "Periudha", "Period", "Period", "Период", "Период", "Dönem"];
    /// When something begins.
    Start = ["Start", "Fillimi", "Početak", "Početak", "Почетак", "Почеток", "Başlangıç"];
    /// When something ends.
    End = ["End", "Fundi", "Kraj", "Kraj", "Крај", "Крај", "Bitiş"];
    /// The value of a statistic.
    Value = ["Value", "Vlera", "Vrijednost", "Vrednost", "Вредност", "Вредност", "Değer"];
    /// What a statistic counts.
    Unit = ["Unit", "Njësia", "Jedinica", "Jedinica", "Јединица", "Единица", "Birim"];
    /// How a statistic measures.
    Measure = ["Measure", "Matja", "Mjera", "Mera", "Мера", "Мерка", "Ölçü"];
    /// How exact a value is.
    Precision = ["Precision", "Saktësia", "Preciznost", "Preciznost", "Прецизност", "Прецизност", "Kesinlik"];
    /// An exact value.
    Exact = ["Exact", "E saktë", "Tačno", "Tačno", "Тачно", "Точно", "Kesin"];
    /// A value that is exceeded.
    MoreThan = ["More than {}", "Më shumë se {}", "Više od {}", "Više od {}", "Више од {}", "Повеќе од {}", "{} üzerinde"];
    /// A value that is not reached.
    LessThan = ["Less than {}", "Më pak se {}", "Manje od {}", "Manje od {}", "Мање од {}", "Помалку од {}", "{} altında"];
    /// A value that is not exact.
    About = ["About {}", "Rreth {}", "Oko {}", "Oko {}", "Око {}", "Околу {}", "Yaklaşık {}"];
    /// A statistic that is a number.
    Number = ["Number", "Numër", "Broj", "Broj", "Број", "Број", "Sayı"];
    /// A statistic that is a percentage.
    Percentage = ["Percentage", "Përqindje", "Procenat", "Procenat", "Проценат", "Процент", "Yüzde"];
    /// A statistic without order.
    Nominal = ["Nominal", "Nominale", "Nominalno", "Nominalno", "Номинално", "Номинално", "Nominal"];
    /// A statistic with an order.
    Ordinal = ["Ordinal", "Rendore", "Ordinalno", "Ordinalno", "Ординално", "Ординално", "Sıralı"];
    /// A statistic in words.
    Qualitative = ["Qualitative", "Cilësore", "Kvalitativno", "Kvalitativno", "Квалитативно", "Квалитативно", "Nitel"];
    /// Several organisations that are one partner.
    Group = [
        "Group of organisations", "Grup organizatash", "Grupa organizacija", "Grupa organizacija", "Група организација", "Група организации",
        "Kuruluşlar grubu",
    ];
    /// One organisation.
    Single = [
        "Single organisation", "Organizatë e vetme", "Pojedinačna organizacija", "Pojedinačna organizacija", "Појединачна организација",
        "Поединечна организација", "Tek kuruluş",
    ];
    /// A partner that gives money.
    Donor = ["Donor", "Donator", "Donator", "Donator", "Донатор", "Донатор", "Bağışçı"];
    /// A partner of several states.
    Multilateral = [
        "Multilateral organisation", "Organizatë shumëpalëshe", "Multilateralna organizacija", "Multilateralna organizacija",
        "Мултилатерална организација", "Мултилатерална организација", "Çok taraflı kuruluş",
    ];
    /// A partner that governs.
    Government = ["Government", "Qeveri", "Vlada", "Vlada", "Влада", "Влада", "Hükümet"];
    /// A partner that citizens formed.
    CivilSociety = [
        "Civil society", "Shoqëria civile", "Civilno društvo", "Civilno društvo", "Цивилно друштво", "Граѓанско општество", "Sivil toplum",
    ];
    /// A partner that teaches or researches.
    Academic = ["Academia", "Akademia", "Akademska zajednica", "Akademska zajednica", "Академска заједница", "Академска заедница", "Akademi"];
    /// A partner that trades.
    PrivateSector = ["Private sector", "Sektori privat", "Privatni sektor", "Privatni sektor", "Приватни сектор", "Приватен сектор", "Özel sektör"];
    /// A partner that publishes.
    Media = ["Media", "Media", "Mediji", "Mediji", "Медији", "Медиуми", "Medya"];
    /// Any other kind.
    Other = ["Other", "Tjetër", "Ostalo", "Ostalo", "Остало", "Друго", "Diğer"];
    /// A file.
    File = ["File", "Skedar", "Datoteka", "Datoteka", "Датотека", "Датотека", "Dosya"];
    /// A page of the web.
    WebPage = ["Web page", "Faqe interneti", "Internet-stranica", "Veb-stranica", "Веб-страница", "Веб-страница", "Web sayfası"];
    /// In which order a list is.
    Order = ["Order", "Renditja", "Redoslijed", "Redosled", "Редослед", "Редослед", "Sıralama"];
    /// How well something fits a search.
    Relevance = ["Relevance", "Përkatësia", "Relevantnost", "Relevantnost", "Релевантност", "Релевантност", "İlgi"];
    /// Items that were picked one by one.
    Selection = ["Selection", "Përzgjedhje", "Izbor", "Izbor", "Избор", "Избор", "Seçki"];
    /// What a viewer should be warned of.
    ContentNote = [
        "Content note", "Shënim për përmbajtjen", "Napomena o sadržaju", "Napomena o sadržaju", "Напомена о садржају", "Напомена за содржината",
        "İçerik notu",
    ];
    /// A list with nothing in it.
    NothingFound = ["Nothing found.", "Asgjë nuk u gjet.", "Ništa nije pronađeno.", "Ništa nije pronađeno.", "Ништа није пронађено.", "Ништо не е пронајдено.", "Hiçbir şey bulunamadı."];
    /// What leads through the pages of a list.
    Pages = ["Pages", "Faqet", "Stranice", "Stranice", "Странице", "Страници", "Sayfalar"];
    /// What leads on.
    NextPage = ["Next page", "Faqja tjetër", "Sljedeća stranica", "Sledeća stranica", "Следећа страница", "Следна страница", "Sonraki sayfa"];
    /// What leads back.
    PreviousPage = [
        "Previous page", "Faqja e mëparshme", "Prethodna stranica", "Prethodna stranica", "Претходна страница", "Претходна страница", "Önceki sayfa",
    ];
    /// What starts a video.
    Play = ["Play", "Luaj", "Pusti", "Pusti", "Пусти", "Пушти", "Oynat"];
    /// What happens when a video of another site is started.
    LoadsFrom = [
        "Pressing play loads the video from {}. Before that nothing is loaded from there.",
        "Kur shtypni Luaj, videoja ngarkohet nga {}. Para kësaj asgjë nuk ngarkohet prej andej.",
        "Kada pritisnete Pusti, video se učitava sa {}. Prije toga se odande ništa ne učitava.",
        "Kada pritisnete Pusti, video se učitava sa {}. Pre toga se odande ništa ne učitava.",
        "Када притиснете Пусти, видео се учитава са {}. Пре тога се оданде ништа не учитава.",
        "Кога ќе притиснете Пушти, видеото се вчитува од {}. Пред тоа оттаму не се вчитува ништо.",
        "Oynat düğmesine basınca video {} üzerinden yüklenir. Öncesinde oradan hiçbir şey yüklenmez.",
    ];
    /// A video on the page of another site.
    WatchOn = ["Watch on {}", "Shiko në {}", "Pogledaj na {}", "Pogledaj na {}", "Погледај на {}", "Погледни на {}", "{} üzerinde izle"];
    /// A video without a source.
    NoVideo = [
        "The video cannot be played here yet.", "Videoja ende nuk mund të luhet këtu.", "Video se ovdje još ne može pustiti.",
        "Video se ovde još ne može pustiti.", "Видео се овде још не може пустити.", "Видеото сѐ уште не може да се пушти тука.",
        "Video burada henüz oynatılamıyor.",
    ];
    /// Heading of helplines.
    Helplines = [
        "Where to find help", "Ku të gjeni ndihmë", "Gdje potražiti pomoć", "Gde potražiti pomoć", "Где потражити помоћ", "Каде да побарате помош",
        "Nereden yardım alınır",
    ];
    /// A page that is not there.
    NotHere = [
        "This page is not available.", "Kjo faqe nuk është e disponueshme.", "Ova stranica nije dostupna.", "Ova stranica nije dostupna.",
        "Ова страница није доступна.", "Оваа страница не е достапна.", "Bu sayfa mevcut değil.",
    ];
    /// A part of a page that is not there.
    Unavailable = [
        "This is not available.", "Kjo nuk është e disponueshme.", "Ovo nije dostupno.", "Ovo nije dostupno.", "Ово није доступно.",
        "Ова не е достапно.", "Bu mevcut değil.",
    ];
    /// A page that is not there any more.
    Removed = [
        "This has been removed.", "Kjo është hequr.", "Ovo je uklonjeno.", "Ovo je uklonjeno.", "Ово је уклоњено.", "Ова е отстрането.", "Bu kaldırıldı.",
    ];
    /// An address with a mistake in it.
    NotUnderstood = [
        "This address has a mistake in it.", "Kjo adresë ka një gabim.", "Ova adresa ima grešku.", "Ova adresa ima grešku.", "Ова адреса има грешку.",
        "Оваа адреса има грешка.", "Bu adreste bir hata var.",
    ];
    /// A server that cannot answer now.
    TryAgain = [
        "Please try again in a moment.", "Ju lutemi provoni përsëri pas pak.", "Pokušajte ponovo za trenutak.", "Pokušajte ponovo za trenutak.",
        "Покушајте поново за тренутак.", "Обидете се повторно за момент.", "Lütfen biraz sonra yeniden deneyin.",
    ];
    /// Heading of the page for webmasters.
    PutOnYourSite = [
        "Put videos on your site", "Vendosni video në faqen tuaj", "Postavite videozapise na svoju stranicu", "Postavite video-zapise na svoju stranicu",
        "Поставите видео-записе на своју страницу", "Поставете видеа на вашата страница", "Videoları sitenize ekleyin",
    ];
    /// A field for a search.
    Search = ["Search", "Kërko", "Pretraga", "Pretraga", "Претрага", "Пребарување", "Arama"];
    /// A field for a country or territory.
    Country = [
        "Country or territory", "Vend ose territor", "Država ili teritorija", "Država ili teritorija", "Држава или територија", "Држава или територија",
        "Ülke veya bölge",
    ];
    /// A field for a topic.
    Topic = ["Topic", "Tema", "Tema", "Tema", "Тема", "Тема", "Konu"];
    /// A field for a programme.
    Programme = ["Programme", "Programi", "Program", "Program", "Програм", "Програма", "Program"];
    /// That a field leaves nothing out.
    All = ["All", "Të gjitha", "Sve", "Sve", "Све", "Сите", "Tümü"];
    /// A field for the language of what is shown.
    PageLanguage = ["Language of the page", "Gjuha e faqes", "Jezik stranice", "Jezik stranice", "Језик странице", "Јазик на страницата", "Sayfanın dili"];
    /// That it is shown in the language of who sees it.
    VisitorsLanguage = [
        "The visitor's language", "Gjuha e vizitorit", "Jezik posjetioca", "Jezik posetioca", "Језик посетиоца", "Јазик на посетителот", "Ziyaretçinin dili",
    ];
    /// A field for how things stand.
    Layout = ["Layout", "Paraqitja", "Raspored", "Raspored", "Распоред", "Распоред", "Düzen"];
    /// Side by side and one below the other.
    Grid = ["Grid", "Rrjetë", "Mreža", "Mreža", "Мрежа", "Мрежа", "Izgara"];
    /// One below the other.
    List = ["List", "Listë", "Lista", "Lista", "Листа", "Листа", "Liste"];
    /// In one row.
    Carousel = ["Row", "Rresht", "Red", "Red", "Ред", "Ред", "Sıra"];
    /// A field for a number of things.
    HowMany = ["How many", "Sa", "Koliko", "Koliko", "Колико", "Колку", "Kaç tane"];
    /// An order.
    NewestFirst = ["Newest first", "Më të rejat të parat", "Prvo najnovije", "Prvo najnovije", "Прво најновије", "Прво најновите", "Önce en yeniler"];
    /// What shows the result.
    Show = ["Show", "Shfaq", "Prikaži", "Prikaži", "Прикажи", "Прикажи", "Göster"];
    /// What it will look like.
    Preview = ["Preview", "Parapamje", "Pregled", "Pregled", "Преглед", "Преглед", "Önizleme"];
    /// Code that shows a page in a frame.
    FrameCode = ["Code for a frame", "Kodi për kornizë", "Kod za okvir", "Kod za okvir", "Код за оквир", "Код за рамка", "Çerçeve kodu"];
    /// Code that shows a component.
    ComponentCode = [
        "Code for a web component", "Kodi për komponent të uebit", "Kod za veb-komponentu", "Kod za veb-komponentu", "Код за веб-компоненту",
        "Код за веб-компонента", "Web bileşeni kodu",
    ];
    /// Addresses of feeds and the like.
    Addresses = ["Addresses", "Adresat", "Adrese", "Adrese", "Адресе", "Адреси", "Adresler"];
    /// What copies a text.
    Copy = ["Copy", "Kopjo", "Kopiraj", "Kopiraj", "Копирај", "Копирај", "Kopyala"];
    /// That a text was copied.
    Copied = ["Copied", "U kopjua", "Kopirano", "Kopirano", "Копирано", "Копирано", "Kopyalandı"];
    /// The value of a statistic before.
    Baseline = ["Baseline", "Vlera fillestare", "Polazna vrijednost", "Polazna vrednost", "Полазна вредност", "Почетна вредност", "Başlangıç değeri"];
    /// The value that a statistic aims at.
    Target = ["Target", "Objektivi", "Cilj", "Cilj", "Циљ", "Цел", "Hedef"];
    /// Where something is taken from.
    Source = ["Source", "Burimi", "Izvor", "Izvor", "Извор", "Извор", "Kaynak"];
    /// Under which terms something may be used.
    Licence = ["Licence", "Licenca", "Licenca", "Licenca", "Лиценца", "Лиценца", "Lisans"];
    /// How many things there was no room to show.
    NotShown = ["Not shown: {}", "Nuk shfaqen: {}", "Nije prikazano: {}", "Nije prikazano: {}", "Није приказано: {}", "Не е прикажано: {}", "Gösterilmeyen: {}"];
    /// Things that have no value.
    WithoutValue = [
        "Without a value: {}", "Pa vlerë: {}", "Bez vrijednosti: {}", "Bez vrednosti: {}", "Без вредности: {}", "Без вредност: {}", "Değeri olmayan: {}",
    ];
    /// Things that have no target.
    WithoutTarget = ["Without a target: {}", "Pa objektiv: {}", "Bez cilja: {}", "Bez cilja: {}", "Без циља: {}", "Без цел: {}", "Hedefi olmayan: {}"];
    /// That nothing is known of something.
    NoData = ["No data", "Nuk ka të dhëna", "Nema podataka", "Nema podataka", "Нема података", "Нема податоци", "Veri yok"];
    /// The least of some values.
    LeastValue = ["Least value", "Vlera më e vogël", "Najmanja vrijednost", "Najmanja vrednost", "Најмања вредност", "Најмала вредност", "En küçük değer"];
    /// The greatest of some values.
    GreatestValue = ["Greatest value", "Vlera më e madhe", "Najveća vrijednost", "Najveća vrednost", "Највећа вредност", "Најголема вредност", "En büyük değer"];
    /// The value of the latest period.
    LatestValue = ["Latest value", "Vlera e fundit", "Posljednja vrijednost", "Poslednja vrednost", "Последња вредност", "Последна вредност", "Son değer"];
    /// A partner.
    Partner = ["Partner", "Partneri", "Partner", "Partner", "Партнер", "Партнер", "Ortak"];
    /// An indicator.
    Indicator = ["Indicator", "Treguesi", "Pokazatelj", "Pokazatelj", "Показатељ", "Показател", "Gösterge"];
    /// A year.
    Year = ["Year", "Viti", "Godina", "Godina", "Година", "Година", "Yıl"];
    /// How much of the way to a target is gone.
    Progress = ["Progress", "Përparimi", "Napredak", "Napredak", "Напредак", "Напредок", "İlerleme"];
    /// What a chart shows, as a table.
    DataAsTable = [
        "Data as a table", "Të dhënat si tabelë", "Podaci u tabeli", "Podaci u tabeli", "Подаци у табели", "Податоци во табела", "Tablo olarak veriler",
    ];
    /// What the catalogue is, for portals.
    CatalogueAbout = [
        "A catalogue of videos, programmes, partners and impact statistics.", "Katalog i videove, programeve, partnerëve dhe statistikave të ndikimit.",
        "Katalog videozapisa, programa, partnera i statističkih podataka o učinku.",
        "Katalog video-zapisa, programa, partnera i statističkih podataka o učinku.",
        "Каталог видео-записа, програма, партнера и статистичких података о учинку.",
        "Каталог на видеа, програми, партнери и статистички податоци за влијанието.",
        "Videolar, programlar, ortaklar ve etki istatistikleri kataloğu.",
    ];
    /// What is told of videos.
    VideosAbout = [
        "Videos with their titles, summaries, languages, topics, countries and sources.",
        "Video me titujt, përmbledhjet, gjuhët, temat, vendet dhe burimet e tyre.",
        "Videozapisi s naslovima, sažecima, jezicima, temama, državama i izvorima.",
        "Video-zapisi sa naslovima, sažecima, jezicima, temama, državama i izvorima.",
        "Видео-записи са насловима, сажецима, језицима, темама, државама и изворима.",
        "Видеа со наслови, резимеа, јазици, теми, држави и извори.", "Başlıkları, özetleri, dilleri, konuları, ülkeleri ve kaynaklarıyla videolar.",
    ];
    /// What is told of programmes.
    ProgrammesAbout = [
        "Programmes with their periods, countries and partners.", "Programe me periudhat, vendet dhe partnerët e tyre.",
        "Programi s periodima, državama i partnerima.", "Programi sa periodima, državama i partnerima.",
        "Програми са периодима, државама и партнерима.", "Програми со периоди, држави и партнери.", "Dönemleri, ülkeleri ve ortaklarıyla programlar.",
    ];
    /// What is told of partners.
    PartnersAbout = [
        "Organisations that fund, carry out or take part in programmes.", "Organizata që financojnë, zbatojnë ose marrin pjesë në programe.",
        "Organizacije koje finansiraju ili provode programe ili u njima učestvuju.",
        "Organizacije koje finansiraju ili sprovode programe ili u njima učestvuju.",
        "Организације које финансирају или спроводе програме или у њима учествују.",
        "Организации што финансираат или спроведуваат програми или учествуваат во нив.",
        "Programları finanse eden, yürüten veya programlara katılan kuruluşlar.",
    ];
    /// What is told of indicators.
    IndicatorsAbout = [
        "What is measured: units, measures and codes of international lists.", "Çfarë matet: njësitë, matjet dhe kodet e listave ndërkombëtare.",
        "Šta se mjeri: jedinice, mjere i kodovi međunarodnih lista.", "Šta se meri: jedinice, mere i kodovi međunarodnih lista.",
        "Шта се мери: јединице, мере и кодови међународних листа.", "Што се мери: единици, мерки и кодови од меѓународни листи.",
        "Ne ölçülüyor: birimler, ölçüler ve uluslararası listelerin kodları.",
    ];
    /// What is told of impact statistics.
    ImpactStatisticsAbout = [
        "Results of programmes as figures, with their precision, period, baseline, target and source.",
        "Rezultatet e programeve në shifra, me saktësinë, periudhën, vlerën fillestare, objektivin dhe burimin e tyre.",
        "Rezultati programa u brojkama, s preciznošću, periodom, polaznom vrijednošću, ciljem i izvorom.",
        "Rezultati programa u brojkama, sa preciznošću, periodom, polaznom vrednošću, ciljem i izvorom.",
        "Резултати програма у бројкама, са прецизношћу, периодом, полазном вредношћу, циљем и извором.",
        "Резултати на програмите во бројки, со прецизност, период, почетна вредност, цел и извор.",
        "Kesinlik, dönem, başlangıç değeri, hedef ve kaynaklarıyla rakamlarla program sonuçları.",
    ];
}

impl Phrase {
    /// In one of [`LANGUAGES`]; in English for any other.
    #[must_use]
    pub fn in_language(self, language: &str) -> &'static str {
        let column =
            LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(language)).unwrap_or(0);
        self.row().get(column).copied().unwrap_or_default()
    }

    /// The same with something in the place of `{}`.
    #[must_use]
    pub fn with(self, language: &str, what: &str) -> String {
        self.in_language(language).replace("{}", what)
    }

    /// How a word that a filter takes is said.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "captions" => Self::Captions,
            "transcript" => Self::Transcript,
            "chapters" => Self::Chapters,
            "source" => Self::Playable,
            "thumbnail" => Self::Image,
            "sign_language" => Self::SignLanguage,
            "audio_description" => Self::AudioDescription,
            "file" => Self::File,
            "page" => Self::WebPage,
            "donor" => Self::Donor,
            "multilateral" => Self::Multilateral,
            "government" => Self::Government,
            "civil_society" => Self::CivilSociety,
            "academic" => Self::Academic,
            "private_sector" => Self::PrivateSector,
            "media" => Self::Media,
            "other" => Self::Other,
            "unit" => Self::Number,
            "percentage" => Self::Percentage,
            "nominal" => Self::Nominal,
            "ordinal" => Self::Ordinal,
            "qualitative" => Self::Qualitative,
            "exact" => Self::Exact,
            "more_than" => Self::MoreThan,
            "less_than" => Self::LessThan,
            "about" => Self::About,
            "title" | "name" | "label" => Self::Title,
            "summary" => Self::Summary,
            "description" => Self::Description,
            "published_at" => Self::Published,
            "updated_at" => Self::Updated,
            "created_at" => Self::Created,
            "recorded_on" => Self::Recorded,
            "duration_seconds" => Self::Duration,
            "start_date" | "period_start" => Self::Start,
            "end_date" | "period_end" => Self::End,
            "value" => Self::Value,
            "relevance" => Self::Relevance,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::to_cyrillic;

    #[test]
    fn every_phrase_is_in_every_language() {
        for phrase in Phrase::ALL {
            let has_place = phrase.in_language("en").contains("{}");
            for language in LANGUAGES {
                let text = phrase.in_language(language);
                assert!(
                    !text.trim().is_empty() && text.contains("{}") == has_place,
                    "{phrase:?} in {language}"
                );
                let is_cyrillic = text.chars().any(|c| matches!(c, 'Ѐ'..='ԯ'));
                assert_eq!(
                    is_cyrillic,
                    matches!(language, "sr-Cyrl" | "mk"),
                    "{phrase:?} in {language}"
                );
            }
            assert_eq!(
                to_cyrillic(phrase.in_language("sr-Latn")),
                phrase.in_language("sr-Cyrl"),
                "{phrase:?}"
            );
        }
        assert_eq!(Phrase::Videos.in_language("de"), "Videos");
        assert_eq!(Phrase::MoreThan.with("mk", "500"), "Повеќе од 500");
    }
}
