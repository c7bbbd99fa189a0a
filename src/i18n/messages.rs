//! Texts of feeds, embeddable pages and exports in each language of the catalogue.
//!
//! Everything else in them is content of the catalogue. A message may have a placeholder `{}`, see
//! [`Message::format`]. Messages are nouns, or separated from their values by a colon, so that
//! values need no inflection.

/// Languages of the messages, in the order of the columns below.
pub const MESSAGE_LANGUAGES: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

macro_rules! messages {
    ($($(#[doc = $doc:literal])* $name:ident = [$($text:literal),* $(,)?];)*) => {
        /// A localized message.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Message {
            $($(#[doc = $doc])* $name,)*
            /// A message of a kind that a program registers: its translations, in the order of
            /// [`MESSAGE_LANGUAGES`].
            Registered(&'static [&'static str; 7]),
        }

        impl Message {
            /// All messages of the product.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its translations, in the order of [`MESSAGE_LANGUAGES`].
            const fn translations(self) -> &'static [&'static str; 7] {
                match self {
                    $(Self::$name => &[$($text),*],)*
                    Self::Registered(translations) => translations,
                }
            }
        }
    };
}

messages! {
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
    /// Heading of a list of results of programmes.
    Results = ["Results", "Rezultate", "Rezultati", "Rezultati", "Резултати", "Резултати", "Sonuçlar"];
    /// Heading of a list of indicators.
    Indicators = ["Indicators", "Tregues", "Pokazatelji", "Pokazatelji", "Показатељи", "Показатели", "Göstergeler"];
    /// Label of statistics that can be added up.
    Additive = ["may be added up", "mund të mblidhen", "mogu se sabirati", "mogu se sabirati", "могу се сабирати", "може да се собираат", "toplanabilir"];
    /// Label of statistics that cannot be added up.
    NotAdditive = ["may not be added up", "nuk mund të mblidhen", "ne mogu se sabirati", "ne mogu se sabirati", "не могу се сабирати", "не може да се собираат", "toplanamaz"];
    /// Label of the state of a value.
    State = ["Status", "Gjendja", "Status podatka", "Status podatka", "Статус податка", "Статус на податокот", "Durum"];
    /// State of a value that may still change.
    Provisional = ["Provisional", "E përkohshme", "Privremeni podatak", "Privremeni podatak", "Привремени податак", "Привремен податок", "Geçici"];
    /// State of a value that has been verified.
    Verified = ["Verified", "E verifikuar", "Provjeren podatak", "Provereni podatak", "Проверени податак", "Проверен податок", "Doğrulanmış"];
    /// Group of values that are not broken down by the dimension.
    NotBrokenDown = ["Not broken down", "Pa ndarje", "Bez podjele", "Bez podele", "Без поделе", "Без поделба", "Ayrılmamış"];
    /// Heading of the documents of a statistic.
    Documents = ["Documents", "Dokumente", "Dokumenti", "Dokumenti", "Документи", "Документи", "Belgeler"];
    /// A page of a document.
    PageNumber = ["p. {}", "f. {}", "str. {}", "str. {}", "стр. {}", "стр. {}", "s. {}"];
    /// Heading of a list of topics.
    Topics = ["Topics", "Tema", "Teme", "Teme", "Теме", "Теми", "Konular"];
    /// Heading of a list of saved queries.
    SavedQueries = [
        "Saved queries", "Kërkime të ruajtura", "Sačuvani upiti", "Sačuvani upiti", "Сачувани упити", "Зачувани барања", "Kayıtlı sorgular",
    ];
    /// A value that a filter excludes.
    Excluding = ["except {}", "përveç {}", "osim {}", "osim {}", "осим {}", "освен {}", "{} hariç"];
    /// Label of the language of texts.
    Language = ["Language", "Gjuha", "Jezik", "Jezik", "Језик", "Јазик", "Dil"];
    /// Label of the spoken language of a video.
    SpokenLanguage = ["Spoken language", "Gjuha e folur", "Govorni jezik", "Govorni jezik", "Говорни језик", "Говорен јазик", "Konuşulan dil"];
    /// Captions of a video.
    Captions = ["Captions", "Titra", "Titlovi", "Titlovi", "Титлови", "Титлови", "Altyazı"];
    /// Transcript of a video.
    Transcript = ["Transcript", "Transkript", "Transkript", "Transkript", "Транскрипт", "Транскрипт", "Döküm"];
    /// Chapters of a video.
    Chapters = ["Chapters", "Kapituj", "Poglavlja", "Poglavlja", "Поглавља", "Поглавја", "Bölümler"];
    /// Label of videos that can be played.
    Playable = ["Video available", "Video në dispozicion", "Video dostupan", "Video dostupan", "Видео доступан", "Достапно видео", "Video mevcut"];
    /// Label of a still image.
    Image = ["Still image", "Imazh", "Slika", "Slika", "Слика", "Слика", "Görsel"];
    /// Sign language in a video.
    SignLanguage = ["Sign language", "Gjuha e shenjave", "Znakovni jezik", "Znakovni jezik", "Знаковни језик", "Знаковен јазик", "İşaret dili"];
    /// Audio description of a video.
    AudioDescription = [
        "Audio description", "Përshkrim audio", "Audio-deskripcija", "Audio-deskripcija", "Аудио-дескрипција", "Аудио-опис", "Sesli betimleme",
    ];
    /// Label of missing parts of an item.
    Missing = ["Missing", "Mungon", "Nedostaje", "Nedostaje", "Недостаје", "Недостасува", "Eksik"];
    /// The title of an item.
    Title = ["Title", "Titulli", "Naslov", "Naslov", "Наслов", "Наслов", "Başlık"];
    /// The summary of an item.
    Summary = ["Summary", "Përmbledhje", "Sažetak", "Sažetak", "Сажетак", "Резиме", "Özet"];
    /// The description of an item.
    Description = ["Description", "Përshkrim", "Opis", "Opis", "Опис", "Опис", "Açıklama"];
    /// Label of a publication date.
    Published = ["Published", "Publikuar", "Objavljeno", "Objavljeno", "Објављено", "Објавено", "Yayımlanma"];
    /// Label of the date of the last change.
    Updated = ["Updated", "Përditësuar", "Ažurirano", "Ažurirano", "Ажурирано", "Ажурирано", "Güncelleme"];
    /// Label of a creation date.
    Created = ["Created", "Krijuar", "Kreirano", "Kreirano", "Креирано", "Креирано", "Oluşturulma"];
    /// Label of a recording date.
    Recorded = ["Recorded", "Regjistruar", "Snimljeno", "Snimljeno", "Снимљено", "Снимено", "Kayıt"];
    /// Label of a duration.
    Duration = ["Duration", "Kohëzgjatja", "Trajanje", "Trajanje", "Трајање", "Времетраење", "Süre"];
    /// Label of a period.
    Period = ["Period", "Periudha", "Period", "Period", "Период", "Период", "Dönem"];
    /// Label of a start date.
    Start = ["Start", "Fillimi", "Početak", "Početak", "Почетак", "Почеток", "Başlangıç"];
    /// Label of an end date.
    End = ["End", "Fundi", "Kraj", "Kraj", "Крај", "Крај", "Bitiş"];
    /// The value of a statistic.
    Value = ["Value", "Vlera", "Vrijednost", "Vrednost", "Вредност", "Вредност", "Değer"];
    /// Label of the unit of a statistic.
    Unit = ["Unit", "Njësia", "Jedinica", "Jedinica", "Јединица", "Единица", "Birim"];
    /// Label of the measure of a statistic.
    Measure = ["Measure", "Matja", "Mjera", "Mera", "Мера", "Мерка", "Ölçü"];
    /// Label of the precision of a value.
    Precision = ["Precision", "Saktësia", "Preciznost", "Preciznost", "Прецизност", "Прецизност", "Kesinlik"];
    /// An exact value.
    Exact = ["Exact", "E saktë", "Tačno", "Tačno", "Тачно", "Точно", "Kesin"];
    /// A value that is a lower bound, not included.
    MoreThan = ["More than {}", "Më shumë se {}", "Više od {}", "Više od {}", "Више од {}", "Повеќе од {}", "{} üzerinde"];
    /// A value that is an upper bound, not included.
    LessThan = ["Less than {}", "Më pak se {}", "Manje od {}", "Manje od {}", "Мање од {}", "Помалку од {}", "{} altında"];
    /// An approximate value.
    About = ["About {}", "Rreth {}", "Oko {}", "Oko {}", "Око {}", "Околу {}", "Yaklaşık {}"];
    /// Measure: a number.
    Number = ["Number", "Numër", "Broj", "Broj", "Број", "Број", "Sayı"];
    /// Measure: a percentage.
    Percentage = ["Percentage", "Përqindje", "Procenat", "Procenat", "Проценат", "Процент", "Yüzde"];
    /// Measure: unordered categories.
    Nominal = ["Nominal", "Nominale", "Nominalno", "Nominalno", "Номинално", "Номинално", "Nominal"];
    /// Measure: ordered categories.
    Ordinal = ["Ordinal", "Rendore", "Ordinalno", "Ordinalno", "Ординално", "Ординално", "Sıralı"];
    /// Measure: a description in words.
    Qualitative = ["Qualitative", "Cilësore", "Kvalitativno", "Kvalitativno", "Квалитативно", "Квалитативно", "Nitel"];
    /// A partner that is a group of organisations.
    OrganisationGroup = [
        "Group of organisations", "Grup organizatash", "Grupa organizacija", "Grupa organizacija", "Група организација", "Група организации",
        "Kuruluşlar grubu",
    ];
    /// A partner that is a single organisation.
    SingleOrganisation = [
        "Single organisation", "Organizatë e vetme", "Pojedinačna organizacija", "Pojedinačna organizacija", "Појединачна организација",
        "Поединечна организација", "Tek kuruluş",
    ];
    /// Partner type: donor.
    Donor = ["Donor", "Donator", "Donator", "Donator", "Донатор", "Донатор", "Bağışçı"];
    /// Partner type: multilateral organisation.
    Multilateral = [
        "Multilateral organisation", "Organizatë shumëpalëshe", "Multilateralna organizacija", "Multilateralna organizacija",
        "Мултилатерална организација", "Мултилатерална организација", "Çok taraflı kuruluş",
    ];
    /// Partner type: government.
    Government = ["Government", "Qeveri", "Vlada", "Vlada", "Влада", "Влада", "Hükümet"];
    /// Partner type: civil society.
    CivilSociety = [
        "Civil society", "Shoqëria civile", "Civilno društvo", "Civilno društvo", "Цивилно друштво", "Граѓанско општество", "Sivil toplum",
    ];
    /// Partner type: academia.
    Academic = ["Academia", "Akademia", "Akademska zajednica", "Akademska zajednica", "Академска заједница", "Академска заедница", "Akademi"];
    /// Partner type: private sector.
    PrivateSector = ["Private sector", "Sektori privat", "Privatni sektor", "Privatni sektor", "Приватни сектор", "Приватен сектор", "Özel sektör"];
    /// Partner type: media.
    Media = ["Media", "Media", "Mediji", "Mediji", "Медији", "Медиуми", "Medya"];
    /// Any other type.
    Other = ["Other", "Tjetër", "Ostalo", "Ostalo", "Остало", "Друго", "Diğer"];
    /// A source of a video: a file.
    File = ["File", "Skedar", "Datoteka", "Datoteka", "Датотека", "Датотека", "Dosya"];
    /// A source of a video: a web page.
    WebPage = ["Web page", "Faqe interneti", "Internet-stranica", "Veb-stranica", "Веб-страница", "Веб-страница", "Web sayfası"];
    /// Label of a sort order.
    Order = ["Order", "Renditja", "Redoslijed", "Redosled", "Редослед", "Редослед", "Sıralama"];
    /// Sort order by relevance.
    Relevance = ["Relevance", "Përkatësia", "Relevantnost", "Relevantnost", "Релевантност", "Релевантност", "İlgi"];
    /// Label of individually selected items.
    Selection = ["Selection", "Përzgjedhje", "Izbor", "Izbor", "Избор", "Избор", "Seçki"];
    /// Heading of a content note.
    ContentNote = [
        "Content note", "Shënim për përmbajtjen", "Napomena o sadržaju", "Napomena o sadržaju", "Напомена о садржају", "Напомена за содржината",
        "İçerik notu",
    ];
    /// Message of an empty list.
    NothingFound = ["Nothing found.", "Asgjë nuk u gjet.", "Ništa nije pronađeno.", "Ništa nije pronađeno.", "Ништа није пронађено.", "Ништо не е пронајдено.", "Hiçbir şey bulunamadı."];
    /// Accessible name of the pagination.
    Pages = ["Pages", "Faqet", "Stranice", "Stranice", "Странице", "Страници", "Sayfalar"];
    /// Link to the next page.
    NextPage = ["Next page", "Faqja tjetër", "Sljedeća stranica", "Sledeća stranica", "Следећа страница", "Следна страница", "Sonraki sayfa"];
    /// Link to the previous page.
    PreviousPage = [
        "Previous page", "Faqja e mëparshme", "Prethodna stranica", "Prethodna stranica", "Претходна страница", "Претходна страница", "Önceki sayfa",
    ];
    /// Button that starts a video.
    Play = ["Play", "Luaj", "Pusti", "Pusti", "Пусти", "Пушти", "Oynat"];
    /// Notice before a video is loaded from another site.
    ExternalVideoNotice = [
        "Pressing play loads the video from {}. Before that nothing is loaded from there.",
        "Kur shtypni Luaj, videoja ngarkohet nga {}. Para kësaj asgjë nuk ngarkohet prej andej.",
        "Kada pritisnete Pusti, video se učitava sa {}. Prije toga se odande ništa ne učitava.",
        "Kada pritisnete Pusti, video se učitava sa {}. Pre toga se odande ništa ne učitava.",
        "Када притиснете Пусти, видео се учитава са {}. Пре тога се оданде ништа не учитава.",
        "Кога ќе притиснете Пушти, видеото се вчитува од {}. Пред тоа оттаму не се вчитува ништо.",
        "Oynat düğmesine basınca video {} üzerinden yüklenir. Öncesinde oradan hiçbir şey yüklenmez.",
    ];
    /// Link to a video on another site.
    WatchOn = ["Watch on {}", "Shiko në {}", "Pogledaj na {}", "Pogledaj na {}", "Погледај на {}", "Погледни на {}", "{} üzerinde izle"];
    /// Message of a video without a playable source.
    VideoUnavailable = [
        "The video cannot be played here yet.", "Videoja ende nuk mund të luhet këtu.", "Video se ovdje još ne može pustiti.",
        "Video se ovde još ne može pustiti.", "Видео се овде још не може пустити.", "Видеото сѐ уште не може да се пушти тука.",
        "Video burada henüz oynatılamıyor.",
    ];
    /// Heading of helplines.
    Helplines = [
        "Where to find help", "Ku të gjeni ndihmë", "Gdje potražiti pomoć", "Gde potražiti pomoć", "Где потражити помоћ", "Каде да побарате помош",
        "Nereden yardım alınır",
    ];
    /// Message of a page that does not exist.
    PageUnavailable = [
        "This page is not available.", "Kjo faqe nuk është e disponueshme.", "Ova stranica nije dostupna.", "Ova stranica nije dostupna.",
        "Ова страница није доступна.", "Оваа страница не е достапна.", "Bu sayfa mevcut değil.",
    ];
    /// Message of a part of a page that does not exist.
    Unavailable = [
        "This is not available.", "Kjo nuk është e disponueshme.", "Ovo nije dostupno.", "Ovo nije dostupno.", "Ово није доступно.",
        "Ова не е достапно.", "Bu mevcut değil.",
    ];
    /// Message of a removed page.
    Removed = [
        "This has been removed.", "Kjo është hequr.", "Ovo je uklonjeno.", "Ovo je uklonjeno.", "Ово је уклоњено.", "Ова е отстрането.", "Bu kaldırıldı.",
    ];
    /// Message of an invalid URL.
    InvalidUrl = [
        "This address has a mistake in it.", "Kjo adresë ka një gabim.", "Ova adresa ima grešku.", "Ova adresa ima grešku.", "Ова адреса има грешку.",
        "Оваа адреса има грешка.", "Bu adreste bir hata var.",
    ];
    /// Message of a temporary error.
    TryAgain = [
        "Please try again in a moment.", "Ju lutemi provoni përsëri pas pak.", "Pokušajte ponovo za trenutak.", "Pokušajte ponovo za trenutak.",
        "Покушајте поново за тренутак.", "Обидете се повторно за момент.", "Lütfen biraz sonra yeniden deneyin.",
    ];
    /// Heading of the embed builder.
    EmbedOnYourSite = [
        "Put videos on your site", "Vendosni video në faqen tuaj", "Postavite videozapise na svoju stranicu", "Postavite video-zapise na svoju stranicu",
        "Поставите видео-записе на своју страницу", "Поставете видеа на вашата страница", "Videoları sitenize ekleyin",
    ];
    /// Label of a search field.
    Search = ["Search", "Kërko", "Pretraga", "Pretraga", "Претрага", "Пребарување", "Arama"];
    /// Label of a country filter.
    Country = [
        "Country or territory", "Vend ose territor", "Država ili teritorija", "Država ili teritorija", "Држава или територија", "Држава или територија",
        "Ülke veya bölge",
    ];
    /// Label of a topic filter.
    Topic = ["Topic", "Tema", "Tema", "Tema", "Тема", "Тема", "Konu"];
    /// Label of a programme filter.
    Programme = ["Programme", "Programi", "Program", "Program", "Програм", "Програма", "Program"];
    /// Option of a filter without a restriction.
    All = ["All", "Të gjitha", "Sve", "Sve", "Све", "Сите", "Tümü"];
    /// Label of the display language.
    PageLanguage = ["Language of the page", "Gjuha e faqes", "Jezik stranice", "Jezik stranice", "Језик странице", "Јазик на страницата", "Sayfanın dili"];
    /// Option of the display language: that of the visitor.
    VisitorsLanguage = [
        "The visitor's language", "Gjuha e vizitorit", "Jezik posjetioca", "Jezik posetioca", "Језик посетиоца", "Јазик на посетителот", "Ziyaretçinin dili",
    ];
    /// Label of the layout of a list.
    Layout = ["Layout", "Paraqitja", "Raspored", "Raspored", "Распоред", "Распоред", "Düzen"];
    /// Layout: a grid.
    Grid = ["Grid", "Rrjetë", "Mreža", "Mreža", "Мрежа", "Мрежа", "Izgara"];
    /// Layout: a list.
    List = ["List", "Listë", "Lista", "Lista", "Листа", "Листа", "Liste"];
    /// Layout: a single row that scrolls.
    Carousel = ["Row", "Rresht", "Red", "Red", "Ред", "Ред", "Sıra"];
    /// Label of a number of items.
    ItemCount = ["How many", "Sa", "Koliko", "Koliko", "Колико", "Колку", "Kaç tane"];
    /// Sort order: newest first.
    NewestFirst = ["Newest first", "Më të rejat të parat", "Prvo najnovije", "Prvo najnovije", "Прво најновије", "Прво најновите", "Önce en yeniler"];
    /// Button that updates the result.
    Show = ["Show", "Shfaq", "Prikaži", "Prikaži", "Прикажи", "Прикажи", "Göster"];
    /// Heading of a preview.
    Preview = ["Preview", "Parapamje", "Pregled", "Pregled", "Преглед", "Преглед", "Önizleme"];
    /// Heading of the code of an iframe.
    IframeCode = ["Code for a frame", "Kodi për kornizë", "Kod za okvir", "Kod za okvir", "Код за оквир", "Код за рамка", "Çerçeve kodu"];
    /// Heading of the code of a web component.
    WebComponentCode = [
        "Code for a web component", "Kodi për komponent të uebit", "Kod za veb-komponentu", "Kod za veb-komponentu", "Код за веб-компоненту",
        "Код за веб-компонента", "Web bileşeni kodu",
    ];
    /// Heading of URLs of feeds and similar resources.
    Urls = ["Addresses", "Adresat", "Adrese", "Adrese", "Адресе", "Адреси", "Adresler"];
    /// Button that copies a text.
    Copy = ["Copy", "Kopjo", "Kopiraj", "Kopiraj", "Копирај", "Копирај", "Kopyala"];
    /// Confirmation that a text was copied.
    Copied = ["Copied", "U kopjua", "Kopirano", "Kopirano", "Копирано", "Копирано", "Kopyalandı"];
    /// Label of the baseline of a statistic.
    Baseline = ["Baseline", "Vlera fillestare", "Polazna vrijednost", "Polazna vrednost", "Полазна вредност", "Почетна вредност", "Başlangıç değeri"];
    /// Label of the target of a statistic.
    Target = ["Target", "Objektivi", "Cilj", "Cilj", "Циљ", "Цел", "Hedef"];
    /// Label of a source.
    Source = ["Source", "Burimi", "Izvor", "Izvor", "Извор", "Извор", "Kaynak"];
    /// Label of a licence.
    Licence = ["Licence", "Licenca", "Licenca", "Licenca", "Лиценца", "Лиценца", "Lisans"];
    /// Number of values omitted for lack of space.
    NotShown = ["Not shown: {}", "Nuk shfaqen: {}", "Nije prikazano: {}", "Nije prikazano: {}", "Није приказано: {}", "Не е прикажано: {}", "Gösterilmeyen: {}"];
    /// Number of values that are missing.
    WithoutValue = [
        "Without a value: {}", "Pa vlerë: {}", "Bez vrijednosti: {}", "Bez vrednosti: {}", "Без вредности: {}", "Без вредност: {}", "Değeri olmayan: {}",
    ];
    /// Number of statistics without a target.
    WithoutTarget = ["Without a target: {}", "Pa objektiv: {}", "Bez cilja: {}", "Bez cilja: {}", "Без циља: {}", "Без цел: {}", "Hedefi olmayan: {}"];
    /// Label of missing data.
    NoData = ["No data", "Nuk ka të dhëna", "Nema podataka", "Nema podataka", "Нема података", "Нема податоци", "Veri yok"];
    /// Minimum of several values.
    MinimumValue = ["Least value", "Vlera më e vogël", "Najmanja vrijednost", "Najmanja vrednost", "Најмања вредност", "Најмала вредност", "En küçük değer"];
    /// Maximum of several values.
    MaximumValue = ["Greatest value", "Vlera më e madhe", "Najveća vrijednost", "Najveća vrednost", "Највећа вредност", "Најголема вредност", "En büyük değer"];
    /// Value of the latest period.
    LatestValue = ["Latest value", "Vlera e fundit", "Posljednja vrijednost", "Poslednja vrednost", "Последња вредност", "Последна вредност", "Son değer"];
    /// Label of a partner.
    Partner = ["Partner", "Partneri", "Partner", "Partner", "Партнер", "Партнер", "Ortak"];
    /// Label of an indicator.
    Indicator = ["Indicator", "Treguesi", "Pokazatelj", "Pokazatelj", "Показатељ", "Показател", "Gösterge"];
    /// Label of a year.
    Year = ["Year", "Viti", "Godina", "Godina", "Година", "Година", "Yıl"];
    /// Label of the progress towards a target.
    Progress = ["Progress", "Përparimi", "Napredak", "Napredak", "Напредак", "Напредок", "İlerleme"];
    /// Heading of the data of a chart as a table.
    DataAsTable = [
        "Data as a table", "Të dhënat si tabelë", "Podaci u tabeli", "Podaci u tabeli", "Подаци у табели", "Податоци во табела", "Tablo olarak veriler",
    ];
    /// Description of the catalogue, for data portals.
    CatalogueDescription = [
        "A catalogue of videos, programmes, partners and impact statistics.", "Katalog i videove, programeve, partnerëve dhe statistikave të ndikimit.",
        "Katalog videozapisa, programa, partnera i statističkih podataka o učinku.",
        "Katalog video-zapisa, programa, partnera i statističkih podataka o učinku.",
        "Каталог видео-записа, програма, партнера и статистичких података о учинку.",
        "Каталог на видеа, програми, партнери и статистички податоци за влијанието.",
        "Videolar, programlar, ortaklar ve etki istatistikleri kataloğu.",
    ];
    /// Description of the dataset of videos.
    VideosDescription = [
        "Videos with their titles, summaries, languages, topics, countries and sources.",
        "Video me titujt, përmbledhjet, gjuhët, temat, vendet dhe burimet e tyre.",
        "Videozapisi s naslovima, sažecima, jezicima, temama, državama i izvorima.",
        "Video-zapisi sa naslovima, sažecima, jezicima, temama, državama i izvorima.",
        "Видео-записи са насловима, сажецима, језицима, темама, државама и изворима.",
        "Видеа со наслови, резимеа, јазици, теми, држави и извори.", "Başlıkları, özetleri, dilleri, konuları, ülkeleri ve kaynaklarıyla videolar.",
    ];
    /// Description of the dataset of programmes.
    ProgrammesDescription = [
        "Programmes with their periods, countries and partners.", "Programe me periudhat, vendet dhe partnerët e tyre.",
        "Programi s periodima, državama i partnerima.", "Programi sa periodima, državama i partnerima.",
        "Програми са периодима, државама и партнерима.", "Програми со периоди, држави и партнери.", "Dönemleri, ülkeleri ve ortaklarıyla programlar.",
    ];
    /// Description of the dataset of partners.
    PartnersDescription = [
        "Organisations that fund, carry out or take part in programmes.", "Organizata që financojnë, zbatojnë ose marrin pjesë në programe.",
        "Organizacije koje finansiraju ili provode programe ili u njima učestvuju.",
        "Organizacije koje finansiraju ili sprovode programe ili u njima učestvuju.",
        "Организације које финансирају или спроводе програме или у њима учествују.",
        "Организации што финансираат или спроведуваат програми или учествуваат во нив.",
        "Programları finanse eden, yürüten veya programlara katılan kuruluşlar.",
    ];
    /// Description of the dataset of indicators.
    IndicatorsDescription = [
        "What is measured: units, measures and codes of international lists.", "Çfarë matet: njësitë, matjet dhe kodet e listave ndërkombëtare.",
        "Šta se mjeri: jedinice, mjere i kodovi međunarodnih lista.", "Šta se meri: jedinice, mere i kodovi međunarodnih lista.",
        "Шта се мери: јединице, мере и кодови међународних листа.", "Што се мери: единици, мерки и кодови од меѓународни листи.",
        "Ne ölçülüyor: birimler, ölçüler ve uluslararası listelerin kodları.",
    ];
    /// Description of the dataset of impact statistics.
    ImpactStatisticsDescription = [
        "Results of programmes as figures, with their precision, period, baseline, target and source.",
        "Rezultatet e programeve në shifra, me saktësinë, periudhën, vlerën fillestare, objektivin dhe burimin e tyre.",
        "Rezultati programa u brojkama, s preciznošću, periodom, polaznom vrijednošću, ciljem i izvorom.",
        "Rezultati programa u brojkama, sa preciznošću, periodom, polaznom vrednošću, ciljem i izvorom.",
        "Резултати програма у бројкама, са прецизношћу, периодом, полазном вредношћу, циљем и извором.",
        "Резултати на програмите во бројки, со прецизност, период, почетна вредност, цел и извор.",
        "Kesinlik, dönem, başlangıç değeri, hedef ve kaynaklarıyla rakamlarla program sonuçları.",
    ];
}

impl Message {
    /// The text in one of [`MESSAGE_LANGUAGES`]; in English for any other language.
    #[must_use]
    pub fn localize(self, language: &str) -> &'static str {
        let column = MESSAGE_LANGUAGES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(language))
            .unwrap_or(0);
        self.translations().get(column).copied().unwrap_or_default()
    }

    /// The text with a value in place of `{}`.
    #[must_use]
    pub fn format(self, language: &str, value: &str) -> String {
        self.localize(language).replace("{}", value)
    }

    /// The message for an enumerated value of the API, or for a field name; `None` if there is
    /// none.
    #[must_use]
    pub fn for_code(code: &str) -> Option<Self> {
        Some(match code {
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
            "sum" => Self::Additive,
            "latest" => Self::LatestValue,
            "max" => Self::MaximumValue,
            "none" => Self::NotAdditive,
            "target" => Self::Target,
            "baseline" => Self::Baseline,
            "provisional" => Self::Provisional,
            "verified" => Self::Verified,
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
    fn every_message_has_every_translation() {
        for phrase in Message::ALL {
            let has_place = phrase.localize("en").contains("{}");
            for language in MESSAGE_LANGUAGES {
                let text = phrase.localize(language);
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
                to_cyrillic(phrase.localize("sr-Latn")),
                phrase.localize("sr-Cyrl"),
                "{phrase:?}"
            );
        }
        assert_eq!(Message::Videos.localize("de"), "Videos");
        assert_eq!(Message::MoreThan.format("mk", "500"), "Повеќе од 500");
    }
}
