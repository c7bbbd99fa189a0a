//! A SQLite file for each test.

use tempfile::TempDir;

/// A file of its own; removed with the value.
pub struct SqliteDatabase {
    directory: TempDir,
    /// Its address.
    pub url: String,
}

impl SqliteDatabase {
    /// A new file with this content; none at all where there is no content.
    pub fn new(content: Option<&[u8]>) -> Self {
        let directory =
            tempfile::Builder::new().prefix("kinoteka-").tempdir().expect("a temporary directory");
        let file = directory.path().join("kinoteka.db");
        if let Some(content) = content {
            std::fs::write(&file, content).expect("the file can be written");
        }
        let url = format!("sqlite://{}", file.display());
        Self { directory, url }
    }

    /// The directory that holds the file.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}
