//! ZIP writer (PKWARE APPNOTE 6.3.3) for archives that are sent while they are written.
//!
//! Each call compresses its bytes as DEFLATE blocks of their own (RFC 1951) and ends at a byte
//! boundary. Between the calls there is no state of a compressor, which takes 300 kB, so that many
//! archives can wait for their clients.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Compression level: low, since archives are written once and read once.
const LEVEL: u32 = 3;
/// Version of the format that readers need, 2.0: DEFLATE.
const VERSION: u16 = 20;
/// General purpose flag: checksum and sizes follow the content.
const SIZES_FOLLOW: u16 = 1 << 3;
/// Compression method DEFLATE.
const DEFLATE: u16 = 8;
/// 1 January 1980, the earliest date of the format: archives with equal content are equal.
const DATE: u16 = (1 << 5) | 1;
/// An empty final DEFLATE block.
const FINAL_BLOCK: [u8; 2] = [3, 0];

/// An archive under construction. It has at most 4 GiB.
#[derive(Default)]
pub struct ZipStream {
    /// Bytes that can be sent.
    unsent: Vec<u8>,
    /// Number of bytes before `unsent`.
    sent_bytes: usize,
    /// The entries; the last one can be continued.
    entries: Vec<Entry>,
}

/// A file in the archive.
struct Entry {
    name: &'static str,
    /// Position of its header.
    position: usize,
    checksum: Crc,
    compressed_bytes: usize,
    bytes: usize,
}

impl ZipStream {
    /// Starts a file, after ending the one before it.
    pub fn start_file(&mut self, name: &'static str) -> io::Result<()> {
        self.end_file()?;
        let entry = Entry {
            name,
            position: self.position(),
            checksum: Crc::new(),
            compressed_bytes: 0,
            bytes: 0,
        };
        self.put(0x0403_4b50_u32);
        self.put_all([VERSION, SIZES_FOLLOW, DEFLATE, 0, DATE]);
        // Checksum and sizes.
        self.put_all([0_u32; 3]);
        self.put_all([len_u16(name)?, 0]);
        self.unsent.extend_from_slice(name.as_bytes());
        self.entries.push(entry);
        Ok(())
    }

    /// Appends to the file.
    pub fn write(&mut self, content: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
        encoder.write_all(content)?;
        encoder.flush()?;
        // Dropping the encoder writes a final block, which must not follow.
        let blocks = std::mem::take(encoder.get_mut());
        if let Some(entry) = self.entries.last_mut() {
            entry.checksum.update(content);
            entry.bytes = entry.bytes.saturating_add(content.len());
        }
        self.append(&blocks);
        Ok(())
    }

    /// Returns the bytes that can be sent.
    pub fn take_unsent(&mut self) -> Vec<u8> {
        self.sent_bytes = self.position();
        std::mem::take(&mut self.unsent)
    }

    /// Ends the archive; returns the remaining bytes.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.end_file()?;
        let directory_position = self.position();
        let entries = std::mem::take(&mut self.entries);
        for entry in &entries {
            self.put(0x0201_4b50_u32);
            self.put_all([VERSION, VERSION, SIZES_FOLLOW, DEFLATE, 0, DATE]);
            self.put_all(entry.checksum_and_sizes()?);
            // Length of the name, then of extra fields and comment, the disk, and attributes.
            self.put_all([len_u16(entry.name)?, 0, 0, 0, 0]);
            self.put_all([0, to_u32(entry.position)?]);
            self.unsent.extend_from_slice(entry.name.as_bytes());
        }
        let directory_bytes = self.position().saturating_sub(directory_position);
        let count = u16::try_from(entries.len()).map_err(io::Error::other)?;
        self.put(0x0605_4b50_u32);
        self.put_all([0, 0, count, count]);
        self.put_all([to_u32(directory_bytes)?, to_u32(directory_position)?]);
        self.put(0_u16);
        Ok(self.unsent)
    }

    fn end_file(&mut self) -> io::Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.append(&FINAL_BLOCK);
        if let Some(entry) = self.entries.last() {
            let checksum_and_sizes = entry.checksum_and_sizes()?;
            self.put(0x0807_4b50_u32);
            self.put_all(checksum_and_sizes);
        }
        Ok(())
    }

    /// Appends compressed content.
    fn append(&mut self, blocks: &[u8]) {
        if let Some(entry) = self.entries.last_mut() {
            entry.compressed_bytes = entry.compressed_bytes.saturating_add(blocks.len());
        }
        self.unsent.extend_from_slice(blocks);
    }

    fn position(&self) -> usize {
        self.sent_bytes.saturating_add(self.unsent.len())
    }

    fn put(&mut self, number: impl LittleEndian) {
        number.append_to(&mut self.unsent);
    }

    fn put_all<const N: usize>(&mut self, numbers: [impl LittleEndian; N]) {
        for number in numbers {
            self.put(number);
        }
    }
}

impl Entry {
    fn checksum_and_sizes(&self) -> io::Result<[u32; 3]> {
        Ok([self.checksum.sum(), to_u32(self.compressed_bytes)?, to_u32(self.bytes)?])
    }
}

/// A number of the format.
trait LittleEndian {
    fn append_to(self, bytes: &mut Vec<u8>);
}

impl LittleEndian for u16 {
    fn append_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

impl LittleEndian for u32 {
    fn append_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

fn len_u16(name: &str) -> io::Result<u16> {
    u16::try_from(name.len()).map_err(io::Error::other)
}

fn to_u32(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(|_too_large| io::Error::other("a ZIP archive has at most 4 GiB"))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn archives_are_read_by_others() {
        let mut zip = ZipStream::default();
        let mut bytes = Vec::new();
        zip.start_file("empty").unwrap();
        zip.start_file("folder/text").unwrap();
        let text = "Rodna ravnopravnost. ".repeat(10_000);
        for part in text.as_bytes().chunks(70_001) {
            zip.write(part).unwrap();
            bytes.extend(zip.take_unsent());
        }
        bytes.extend(zip.finish().unwrap());
        assert!(bytes.len() < text.len() / 50, "{} bytes", bytes.len());

        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 2);
        for (name, expected) in [("empty", ""), ("folder/text", text.as_str())] {
            let mut content = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut content).unwrap();
            assert_eq!(content, expected);
        }
    }
}
