//! Cells of a sheet that are displayed as percentages. Readers of XLSX files return their numbers
//! only: 0.45 for what a person sees as 45 %.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Cursor, Read};

use roxmltree::{Document, Node};
use zip::ZipArchive;

/// Identifiers of the percent formats that need no definition (ECMA-376 part 1, 18.8.30).
const PERCENT_FORMATS: [u32; 2] = [9, 10];

/// Maximum size of the parts of a file other than sheets that are read, in bytes.
const MAX_PART_BYTES: u64 = 16 * 1_024 * 1_024;

/// Returns the cells of a sheet with a percent format, by row number and column index; none if the
/// file has no formats, or they cannot be read.
pub fn percent_cells(bytes: &[u8], sheet_name: &str) -> HashSet<(usize, usize)> {
    find_percent_cells(bytes, sheet_name).unwrap_or_default()
}

fn find_percent_cells(bytes: &[u8], sheet_name: &str) -> Option<HashSet<(usize, usize)>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let styles = percent_styles(&read_part(&mut archive, "xl/styles.xml")?)?;
    if styles.is_empty() {
        return None;
    }
    let path = sheet_path(&mut archive, sheet_name)?;
    scan_cells(BufReader::new(archive.by_name(&path).ok()?), &styles)
}

fn read_part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Option<String> {
    let mut text = String::new();
    archive.by_name(name).ok()?.take(MAX_PART_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The indexes of the styles of cells with a percent format.
fn percent_styles(styles: &str) -> Option<HashSet<usize>> {
    let document = Document::parse(styles).ok()?;
    let number =
        |node: Node<'_, '_>, name| node.attribute(name).and_then(|id| id.parse::<u32>().ok());
    let elements = |parent: &'static str, child: &'static str| {
        let parents =
            document.root_element().children().filter(move |node| node.has_tag_name_local(parent));
        parents.flat_map(move |node| {
            node.children().filter(move |node| node.has_tag_name_local(child))
        })
    };
    let mut formats: HashSet<u32> = PERCENT_FORMATS.into();
    for format in elements("numFmts", "numFmt") {
        let code = format.attribute("formatCode").unwrap_or_default();
        if let Some(id) = number(format, "numFmtId") {
            if is_percent_format(code) {
                formats.insert(id)
            } else {
                formats.remove(&id)
            };
        }
    }
    let styles = elements("cellXfs", "xf")
        .enumerate()
        .filter(|(_, style)| number(*style, "numFmtId").is_some_and(|id| formats.contains(&id)));
    Some(styles.map(|(index, _)| index).collect())
}

/// Compares local names, since files may use a prefix for their namespace.
trait HasLocalName {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl HasLocalName for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// Whether a format has a percent sign that is not literal text.
fn is_percent_format(code: &str) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in code.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '"' => is_quoted = !is_quoted,
            '\\' if !is_quoted => is_escaped = true,
            '%' if !is_quoted => return true,
            _ => {}
        }
    }
    false
}

/// The path of the part with a sheet.
fn sheet_path(archive: &mut ZipArchive<Cursor<&[u8]>>, sheet_name: &str) -> Option<String> {
    let workbook = read_part(archive, "xl/workbook.xml")?;
    let workbook = Document::parse(&workbook).ok()?;
    let sheet = workbook.descendants().find(|node| {
        node.has_tag_name_local("sheet") && node.attribute("name") == Some(sheet_name)
    })?;
    let id = sheet
        .attributes()
        .find(|attribute| attribute.name() == "id" && attribute.namespace().is_some())?
        .value();
    let relations = read_part(archive, "xl/_rels/workbook.xml.rels")?;
    let relations = Document::parse(&relations).ok()?;
    let relation = relations.descendants().find(|node| node.attribute("Id") == Some(id))?;
    let target = relation.attribute("Target")?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// Reads the cells of a sheet tag by tag, since it can be large.
fn scan_cells(mut sheet: impl BufRead, styles: &HashSet<usize>) -> Option<HashSet<(usize, usize)>> {
    let mut cells = HashSet::new();
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut chunk = Vec::new();
    while sheet.read_until(b'>', &mut chunk).ok()? > 0 {
        let start = chunk.iter().rposition(|byte| *byte == b'<');
        let tag = start.and_then(|start| chunk.get(start.saturating_add(1)..)).unwrap_or_default();
        let tag = String::from_utf8_lossy(tag);
        let name =
            tag.split(|c: char| c.is_ascii_whitespace() || c == '>').next().unwrap_or_default();
        match name.rsplit(':').next().unwrap_or_default() {
            "row" => {
                let number = attribute(&tag, "r").and_then(|number| number.parse().ok());
                row = number.unwrap_or_else(|| row.saturating_add(1));
                column = 0;
            }
            "c" => {
                let position = attribute(&tag, "r").and_then(parse_position);
                (row, column) = position.unwrap_or((row, column));
                let style = attribute(&tag, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
                if styles.contains(&style) {
                    cells.insert((row, column));
                }
                column = column.saturating_add(1);
            }
            _ => {}
        }
        chunk.clear();
    }
    Some(cells)
}

/// The value of an attribute without spaces.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let value = |part: &'a str| part.strip_prefix(name)?.strip_prefix('=');
    let value = tag.split_ascii_whitespace().find_map(value)?;
    Some(value.trim_end_matches(['>', '/']).trim_matches(['"', '\'']))
}

/// The row number and column index of a reference such as `B2`.
fn parse_position(reference: &str) -> Option<(usize, usize)> {
    let length = reference.bytes().take_while(u8::is_ascii_uppercase).count();
    let (letters, row) =
        reference.split_at_checked(length).filter(|(letters, _)| !letters.is_empty())?;
    let column = letters.bytes().fold(0_usize, |column, letter| {
        column
            .saturating_mul(26)
            .saturating_add(usize::from(letter.saturating_sub(b'A')).saturating_add(1))
    });
    Some((row.parse().ok()?, column.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_percent_formats() {
        for (code, expected) in [
            ("0%", true),
            ("0.00%", true),
            ("[Red]#,##0.0 %;-0%", true),
            ("0\" %\"", false),
            ("0\\%", false),
            ("General", false),
        ] {
            assert_eq!(is_percent_format(code), expected, "{code}");
        }
        let styles = "<x:styleSheet xmlns:x='a'><x:numFmts><x:numFmt numFmtId='164' formatCode='0.0%'/><x:numFmt numFmtId='165' formatCode='0.0'/></x:numFmts>\
            <x:cellStyleXfs><x:xf numFmtId='9'/></x:cellStyleXfs><x:cellXfs><x:xf numFmtId='0'/><x:xf numFmtId='164'/><x:xf numFmtId='165'/><x:xf numFmtId='10'/></x:cellXfs></x:styleSheet>";
        assert_eq!(percent_styles(styles), Some([1, 3].into()));
    }

    #[test]
    fn scans_cells() {
        let sheet = "<sheetData><row r=\"2\"><c r=\"A2\" s=\"1\"><v>1</v></c><c s='1' r='AB2'/><c r=\"AC2\" t=\"inlineStr\"><is><t>c s=\"1\" > b</t></is></c></row>\
            <row><c><v>1</v></c><x:c s=\"1\"><v>2</v></x:c></row></sheetData>";
        let cells = scan_cells(sheet.as_bytes(), &[1].into()).unwrap();
        assert_eq!(cells, [(2, 0), (2, 27), (3, 1)].into());
    }
}
